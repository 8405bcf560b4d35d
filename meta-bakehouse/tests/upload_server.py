"""
A server of docs/formats/upload.md, sections 1 to 3, for tests of its clients: real sockets, everything in memory, and faults by order. `faults` is
a list of functions or names; each request takes the next one (None: nothing happens).
"""
import gzip
import hashlib
import http.server
import json
import socketserver
import threading
import time


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, limits=None):
        http.server.HTTPServer.__init__(self, ('127.0.0.1', 0), Handler)
        self.address = 'http://127.0.0.1:%d' % self.server_address[1]
        self.limits = limits or {}
        self.messages = []
        # What meetings tell of the first failure, one after the other; the last of them stays.
        self.failures = [None]
        self.builds = {}
        self.blobs = {}
        self.faults = []
        self.always = None
        self.requests = []
        self.tokens = None
        self.guard = threading.RLock()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.02})
        self.thread.daemon = True
        self.thread.start()

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, *_):
        pass

    def stream(self, build):
        return bytes(self.builds[build]['stream'])


def state(build):
    return {'generation': build['generation'], 'offset': len(build['stream']), 'sha256': hashlib.sha256(build['stream']).hexdigest(),
            'complete': build['complete']}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=(), kind='application/json'):
        data = body if isinstance(body, bytes) else json.dumps(body).encode('utf-8')
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def handle_one(self):
        server = self.server
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        with server.guard:
            server.requests.append((self.command, self.path, dict(self.headers), body))
            fault = server.faults.pop(0) if server.faults else server.always
        if callable(fault):
            return fault(self)
        if fault == 'cut-before':
            return self.cut()
        if fault == 'delay':
            time.sleep(0.2)
        with server.guard:
            status, answer = self.act(body)
            if fault == 'twice':
                self.act(body)
        if fault == 'cut-after':
            return self.cut()
        if fault == 'lie' and 'offset' in answer:
            answer = dict(answer, offset=answer['offset'] + 7)
        self.answer(status, answer)

    do_POST = do_PUT = do_GET = handle_one

    def act(self, body):
        server = self.server
        if self.headers.get('Content-Encoding') == 'gzip':
            body = gzip.decompress(body)
        path, _, query = self.path.partition('?')
        parts = path[len('/api/v1/'):].split('/')
        secret = self.headers.get('Bakehouse-Secret')
        if server.tokens is not None and self.headers.get('Authorization') not in ['Bearer ' + token for token in server.tokens]:
            return 401, {'code': 'unauthorized', 'detail': 'This server wants a token.'}
        if parts == ['uploads']:
            asked = json.loads(body.decode('utf-8'))
            build = server.builds.setdefault(asked['build'], {'generation': 1, 'stream': bytearray(), 'complete': False, 'secret': secret})
            if build['secret'] != secret:
                return 403, {'code': 'forbidden', 'detail': 'This build is not known here under that secret.'}
            if asked['restart']:
                build.update(generation=build['generation'] + 1, stream=bytearray(), complete=False)
            failure = server.failures.pop(0) if len(server.failures) > 1 else server.failures[0]
            return 200, dict(state(build), build=asked['build'], url=server.address, failureUrl=failure, visibility=asked['visibility'] or 'public',
                             limits=dict({'chunkBytes': 1 << 22, 'streamBytes': 1 << 28, 'blobBytes': 1 << 28, 'blobs': 1000, 'ageDays': None,
                                          'refusedKinds': [], 'buildsPerHour': None, 'bytesPerHour': None}, **server.limits), messages=server.messages)
        build = server.builds.get(parts[1])
        if build is None or build['secret'] != secret:
            return 403, {'code': 'forbidden', 'detail': 'This build is not known here under that secret.'}
        if parts[2] == 'blobs' and len(parts) == 3:
            offered = json.loads(body.decode('utf-8'))['blobs']
            return 200, {'missing': [blob['sha256'] for blob in offered if blob['sha256'] not in server.blobs], 'refused': []}
        if parts[2] == 'blobs':
            if hashlib.sha256(body).hexdigest() != parts[3]:
                return 422, {'code': 'unreadable', 'detail': 'wrong hash'}
            server.blobs[parts[3]] = body
            return 200, {'stored': True}
        generation, offset = int(parts[2]), int(parts[3])
        conflict = 409, dict(state(build), code='conflict', detail='The stream is elsewhere.')
        if generation != build['generation']:
            return conflict
        complete = query == 'complete=1'
        if offset + len(body) <= len(build['stream']) and (body or build['complete'] or not complete):
            return 200, state(build)
        if offset != len(build['stream']) or build['complete']:
            return conflict
        if hashlib.sha256(bytes(build['stream']) + body).hexdigest() != self.headers.get('Bakehouse-Sha256'):
            return 422, {'code': 'unreadable', 'detail': 'not what its hash says'}
        build['stream'] += body
        build['complete'] = complete
        return 200, state(build)
