"""Bringing a record to a server: a real one of upload_server.py, with every fault that a network has."""
import contextlib
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import big_record
from push_program import PATH, push
from upload_server import Server

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'lib'))
from bakehouse import hooks

BUILD_ID = '3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001'
LOG = b'| error: no such thing\n' * 1000
LOG_NAME = hashlib.sha256(LOG).hexdigest()
NEVER = 1 << 40


class Uploads(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.home = os.path.join(self.folder, 'build', 'bakehouse')
        os.makedirs(self.home)
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.environment = {'HOME': self.folder, 'PATH': os.environ['PATH'], 'BUILDDIR': os.path.join(self.folder, 'build')}
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.clear()
        os.environ.update(self.environment)

    def record(self, name='20261121005839-3f0c6f2e', tasks=300, id=BUILD_ID, end=True, **local):
        folder = os.path.join(self.home, name)
        big_record.write(push, folder, tasks=tasks, end=False, build_id=id, rows_a_line=50,
                         local=dict({'topdir': '/b', 'tmpdirs': [], 'home': '/home/jane', 'host': socket.gethostname(), 'user': 'jane', 'buildstats': []}, **local))
        with open(os.path.join(folder, 'blobs', LOG_NAME), 'wb') as file:
            file.write(gzip.compress(LOG))
        self.append(folder, {'type': 'log', 'kind': 'failure', 'recipe': 0, 'task': 'do_compile', 'blob': LOG_NAME, 'bytes': len(LOG)})
        if end:
            self.append(folder, {'type': 'end', 'atMs': 1795226305000})
        return folder

    def append(self, folder, line):
        with open(os.path.join(folder, 'record.jsonl'), 'ab') as file:
            file.write(push.write_json(line) + b'\n')

    def writer_here(self):
        return {'pid': os.getpid(), 'pidStart': push.boot_clock(os.getpid())}

    def run_in_process(self, *arguments):
        """(exit code, standard output, standard error); waits of back-off are not waited."""
        out, err = io.StringIO(), io.StringIO()
        slept = []
        sleep, push.Sender.__init__.__defaults__ = push.Sender.__init__.__defaults__, (None, 120, slept.append)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    code = push.main(list(arguments))
                except push.Stop as stop:
                    push.say(str(stop))
                    code = stop.code
        finally:
            push.Sender.__init__.__defaults__ = sleep
        self.slept = slept
        return code, out.getvalue(), err.getvalue()

    def sends(self, *arguments):
        return self.run_in_process('--server', self.server.address, *arguments)

    def command(self, *arguments, **environment):
        return subprocess.Popen([sys.executable, PATH] + list(arguments), env=dict(self.environment, **environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def expected(self, folder, kinds=push.DEFAULT_KINDS):
        return push.Outbox(push.Record(folder), push.Settings(kinds)).joined()

    def assert_sent(self, folder, id=BUILD_ID, stream=None):
        self.assertEqual(self.expected(folder) if stream is None else stream, self.server.stream(id))
        self.assertTrue(self.server.builds[id]['complete'])
        self.assertEqual(LOG, self.server.blobs[LOG_NAME])

    # ---- as it should be

    def test_sent_once_and_its_address_printed(self):
        folder = self.record()
        code, out, err = self.sends()
        self.assertEqual((0, self.server.address + '/b/7w66ybmffd5n56js\n', ''), (code, out, err))
        self.assert_sent(folder)
        self.assertEqual({'position': 1}, {'position': len(self.server.builds)})
        self.assertEqual(['push.json', 'push.lock'], sorted(name for name in os.listdir(folder) if name.startswith('push')))
        before = len(self.server.requests)
        self.assertEqual((0, '', ''), self.sends())
        self.assertEqual(before, len(self.server.requests))
        # Asked for by name, it looks, and sends nothing again.
        self.assertEqual(0, self.sends(folder)[0])
        self.assertEqual(['POST', 'POST'], [request[0] for request in self.server.requests[before:]])

    def test_why_it_failed_where_the_server_tells_it(self):
        push.FAILURE_ASKED_AFTER_S = (0, 0)
        address = self.server.address + '/f/7w66ybmffd5n56js.3e8d41'
        self.server.failures = [None, None, address]
        folder = self.record(end=False)
        self.append(folder, {'type': 'build', 'outcome': 'failed'})
        self.append(folder, {'type': 'end', 'atMs': 1795226305000})
        code, out, err = self.sends(folder)
        self.assertEqual((0, self.server.address + '/b/7w66ybmffd5n56js\n'), (code, out))
        self.assertEqual('push-build-results: 20261121005839-3f0c6f2e: why it failed: %s\n' % address, err)
        with open(os.path.join(folder, 'push.json')) as file:
            self.assertEqual(address, json.load(file)['servers'][self.server.address]['failureUrl'])
        # What BitBake's server reads there at the end of the build.
        self.assertEqual(address, hooks._failure_url(folder, self.server.address + '/'))
        self.assertIsNone(hooks._failure_url(folder, 'https://elsewhere'))
        self.assertIsNone(hooks._failure_url(self.folder, self.server.address))

    def test_no_address_of_a_failure_that_the_server_did_not_tell(self):
        push.FAILURE_ASKED_AFTER_S = (0, 0)
        for number, told in enumerate((None, 7, 'file:///etc/passwd', 'https://x/\x1b[31m', 'https://x/' + 'y' * 600)):
            self.server.failures = [told]
            folder = self.record('20261121005839-%08d' % number, end=False)
            self.append(folder, {'type': 'build', 'outcome': 'failed'})
            self.append(folder, {'type': 'end', 'atMs': 1795226305000})
            self.assertEqual((0, ''), self.sends(folder)[::2])
            self.assertIsNone(hooks._failure_url(folder, self.server.address))
        # A build that went well is not asked about, and neither is one that nobody waits for.
        before = len(self.server.requests)
        self.assertEqual((0, '', ''), self.sends(folder, '--quiet'))
        self.assertEqual(2, len(self.server.requests) - before)

    def test_named_by_path_id_name_and_build_directory(self):
        folder = self.record()
        for name in (folder, os.path.join(folder, 'record.jsonl'), '3f0c6f2e', BUILD_ID, '20261121005839', os.path.join(self.folder, 'build'), self.home):
            self.assertEqual((0, self.server.address + '/b/7w66ybmffd5n56js\n'), self.sends(name)[:2], name)
        self.assertEqual(push.EXIT_USAGE, self.sends('nothing-like-it')[0])

    def test_show_is_what_is_sent(self):
        folder = self.record()
        self.sends('--send', '-samples +success-logs')
        shown, _ = self.command('--show', '--send', '-samples +success-logs').communicate()
        self.assertEqual(self.server.stream(BUILD_ID), shown)
        # The settings of the last time hold where none are named.
        self.assertEqual(shown, self.command('--show').communicate()[0])
        self.assertEqual(shown, self.command('--show', folder).communicate()[0])
        decoded, _ = self.command('--show=decoded', folder).communicate()
        lines = [json.loads(line) for line in decoded.decode('utf-8').split('\n')[:-1]]
        tasks = [line for line in lines if line.get('type') == 'tasks'][0]
        self.assertEqual(300, len(tasks['columns']['@recipe']))
        self.assertIn({'blob': LOG_NAME, 'class': 'failure-log', 'bytes': len(LOG)}, lines)
        self.assertEqual(LOG, self.command('--show=' + LOG_NAME[:12]).communicate()[0])

    def test_other_settings_replace_the_stream_whole(self):
        folder = self.record()
        self.sends()
        self.assertEqual(0, self.sends('--all', '--send', 'times,counters')[0])
        self.assertEqual(self.expected(folder, ('times', 'counters')), self.server.stream(BUILD_ID))
        self.assertEqual(2, self.server.builds[BUILD_ID]['generation'])

    def test_a_running_build(self):
        folder = self.record(end=False, **self.writer_here())
        code, _, err = self.sends(folder)
        self.assertEqual(push.EXIT_LATER, code)
        self.assertIn('--running', err)
        self.assertEqual((0, '', ''), self.sends())
        self.assertEqual(0, self.sends('--running')[0])
        first = self.server.stream(BUILD_ID)
        self.assertFalse(self.server.builds[BUILD_ID]['complete'])
        self.append(folder, {'type': 'message', 'level': 'error', 'text': 'more'})
        self.sends('--running')
        self.append(folder, {'type': 'end', 'atMs': 2})
        self.assertEqual(0, self.sends()[0])
        last = self.server.stream(BUILD_ID)
        self.assertTrue(last.startswith(first) and self.server.builds[BUILD_ID]['complete'] and b'"more"' in last)
        # It went on as it was begun: one generation.
        self.assertEqual(1, self.server.builds[BUILD_ID]['generation'])

    def test_every_so_often_until_it_is_over(self):
        folder = self.record(end=False, **self.writer_here())
        child = self.command('--every', '1', '--server', self.server.address, folder)
        self.wait_for(lambda: BUILD_ID in self.server.builds and self.server.stream(BUILD_ID))
        self.server.always = 'cut-before'
        time.sleep(1)
        self.server.always = None
        self.append(folder, {'type': 'end', 'atMs': 2})
        out, err = child.communicate(timeout=30)
        self.assertEqual(0, child.returncode, err)
        self.assertTrue(self.server.builds[BUILD_ID]['complete'])

    def wait_for(self, condition, seconds=20):
        until = time.time() + seconds
        while not condition():
            self.assertLess(time.time(), until)
            time.sleep(0.02)

    # ---- faults

    def test_cut_delayed_doubled_and_refused_at_random(self):
        folder = self.record()
        for seed in range(8):
            draw = random.Random(seed)
            self.server.builds.clear()
            self.server.blobs.clear()
            self.server.faults = [draw.choice((None, 'cut-before', 'cut-after', 'twice', lambda h: h.answer(503, {}), lambda h: h.answer(500, b'<html>', kind='text/html')))
                                  for _ in range(25)]
            chunk, push.CHUNK_BYTES = push.CHUNK_BYTES, 4000
            try:
                for _ in range(20):
                    code, out, _ = self.sends('--all')
                    self.assertIn(code, (0, push.EXIT_LATER))
                    self.assertEqual(self.server.address + '/b/7w66ybmffd5n56js\n', out)
                    if code == 0:
                        break
            finally:
                push.CHUNK_BYTES = chunk
            self.assert_sent(folder)
            self.assertEqual(1, self.server.builds[BUILD_ID]['generation'])

    def test_back_off_grows_and_ends(self):
        self.record()
        self.server.always = lambda h: h.answer(503, {'detail': 'busy'})
        code, _, err = self.sends()
        self.assertEqual(push.EXIT_LATER, code)
        self.assertIn('busy', err)
        self.assertTrue(all(0.5 * 2 ** i <= pause <= 2 ** i for i, pause in enumerate(self.slept[:6])), self.slept)
        self.assertLessEqual(sum(self.slept), 120)
        # Jitter: no two clients come again together.
        self.assertEqual(len(self.slept), len(set(self.slept)))

    def test_offline(self):
        self.record()
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            address = 'http://127.0.0.1:%d' % free.getsockname()[1]
        code, out, err = self.run_in_process('--server', address)
        self.assertEqual((push.EXIT_LATER, address + '/b/7w66ybmffd5n56js\n'), (code, out))
        self.assertIn('cannot be reached', err)
        self.assertIn('is kept', err)
        self.assertEqual(2, len(self.slept))
        # Later, without a word of where: it is known what it was meant for, and the address is the same.
        self.assertIn('unsent', self.run_in_process('--list')[1])

    def test_retry_after(self):
        folder = self.record()
        self.server.faults = [lambda h: h.answer(429, {'detail': 'slower'}, [('Retry-After', '7')])]
        self.assertEqual(0, self.sends()[0])
        self.assertTrue(7 <= self.slept[0] <= 8)
        self.assert_sent(folder)
        self.server.builds.clear()
        self.server.faults = [lambda h: h.answer(429, {'detail': 'much slower'}, [('Retry-After', '3600')])]
        code, _, err = self.sends('--all')
        self.assertEqual((push.EXIT_LATER, []), (code, self.slept))
        self.assertIn('60 min', err)

    def test_what_is_refused_is_said_and_stays(self):
        for status in (400, 401, 403, 404, 410):
            folder = self.record('r%d' % status)
            self.server.faults = [lambda h: h.answer(status, {'detail': 'Not \x1b[31mthis\u202e one.\n'})]
            code, _, err = self.sends(folder)
            self.assertEqual((push.EXIT_REFUSED, []), (code, self.slept), status)
            self.assertIn('Not  [31mthis  one.', err)
            self.assertNotIn('\x1b', err)
            self.assertFalse(push.Record(folder).is_sent(self.server.address))

    def test_conflicts(self):
        folder = self.record()

        def elsewhere(handler):
            handler.answer(409, {'code': 'conflict', 'generation': 1, 'offset': 0, 'sha256': hashlib.sha256(b'').hexdigest(), 'complete': False})

        self.server.faults = [None, None, None, None, elsewhere, elsewhere]
        self.assertEqual(0, self.sends()[0])
        self.assert_sent(folder)
        self.server.builds.clear()
        self.server.always = lambda h: elsewhere(h) if h.command == 'PUT' and 'blobs' not in h.path else h.answer(*h.act(h.server.requests[-1][3]))
        code, _, err = self.sends('--all')
        self.assertEqual(push.EXIT_LATER, code)
        self.assertIn('again and again', err)
        self.assertEqual(push.CONFLICTS_MAX + 1, sum(1 for request in self.server.requests if request[0] == 'PUT' and 'blobs' not in request[1]) - 3)

    def test_a_server_that_lies_about_offsets_ends_it(self):
        self.record()
        self.server.always = 'lie'
        code, _, _ = self.sends()
        self.assertEqual(push.EXIT_LATER, code)
        self.assertLess(len(self.server.requests), 40)

    def test_a_prefix_that_is_not_ours_begins_anew(self):
        folder = self.record()
        self.sends()
        self.server.builds[BUILD_ID].update(stream=bytearray(b'something else\n'), complete=False)
        self.assertEqual(0, self.sends('--all')[0])
        self.assert_sent(folder)
        self.assertEqual(2, self.server.builds[BUILD_ID]['generation'])

    def test_a_spoilt_body_goes_again(self):
        folder = self.record()
        self.server.faults = [None, None, None, None, lambda h: h.answer(422, {'code': 'unreadable'})]
        self.assertEqual(0, self.sends()[0])
        self.assert_sent(folder)

    def test_a_proxy_that_takes_no_large_body(self):
        folder = self.record(tasks=3000)

        def nginx(handler):
            body = handler.server.requests[-1][3]
            if len(body) > 40000:
                return handler.answer(413, b'<html>413</html>', kind='text/html')
            handler.answer(*handler.act(body))

        self.server.always = nginx
        self.assertEqual(0, self.sends()[0])
        self.assert_sent(folder)

    def test_answers_that_are_none(self):
        folder = self.record()
        elsewhere = Server()
        self.addCleanup(elsewhere.stop)
        for fault, word in (
            (lambda h: h.answer(200, b'<html>Sign in to the network</html>', kind='text/html'), 'no Bakehouse server'),
            (lambda h: h.answer(200, b'x' * (push.ANSWER_BYTES_MAX + 1)), 'longer than'),
            (lambda h: h.answer(302, b'', [('Location', elsewhere.address + '/api/v1/uploads')]), 'it is the address to use'),
            (lambda h: h.answer(308, b'', [('Location', elsewhere.address + '/api/v1/uploads')]), 'it is the address to use'),
            (lambda h: h.answer(200, {'offset': 'far'}), 'does not know'),
            (lambda h: h.answer(200, b'[' * 100000), 'no Bakehouse server'),
            (lambda h: (h.wfile.write(b'HTTP/1.1 200 OK\r\nX: ' + b'y' * 200000), h.cut()), 'cannot be reached'),
            (lambda h: (h.wfile.write(b'SSH-2.0-OpenSSH\r\n'), h.cut()), 'cannot be reached'),
        ):
            self.server.always = fault
            code, _, err = self.sends()
            self.assertEqual(push.EXIT_LATER, code, word)
            self.assertIn(word, err)
            self.assertFalse(push.Record(folder).is_sent(self.server.address))
        # Nothing went to where a redirect pointed, the secret least of all.
        self.assertEqual([], elsewhere.requests)

    def test_a_server_that_drips(self):
        self.record()

        def drip(handler):
            for _ in range(100):
                handler.wfile.write(b'H')
                time.sleep(0.05)

        self.server.always = drip
        times = push.REQUEST_S
        push.REQUEST_S = 0.3
        self.addCleanup(setattr, push, 'REQUEST_S', times)
        started = time.time()
        code, _, err = self.sends()
        self.assertEqual(push.EXIT_LATER, code)
        self.assertIn('no answer within', err)
        self.assertLess(time.time() - started, 5)

    # ---- limits

    def test_limits_are_obeyed_with_a_message(self):
        folder = self.record()
        self.server.limits = {'refusedKinds': ['counters', 'failure-logs']}
        code, _, err = self.sends()
        self.assertEqual(0, code)
        self.assertIn('does not take counters, failure-logs', err)
        self.assertEqual(self.expected(folder, [kind for kind in push.DEFAULT_KINDS if kind not in ('counters', 'failure-logs')]), self.server.stream(BUILD_ID))
        self.assertNotIn(LOG_NAME, self.server.blobs)

        self.server.builds.clear()
        self.server.limits = {'blobBytes': 1500}
        code, _, err = self.sends('--all')
        self.assertEqual(0, code)
        self.assertIn('is not sent: the server takes 1.5 kB', err)
        self.assertNotIn(LOG_NAME, self.server.blobs)

        self.server.builds.clear()
        self.server.limits = {'streamBytes': len(self.expected(folder)) - 1}
        code, _, err = self.sends('--all')
        self.assertEqual(0, code)
        self.assertIn('left out', err)

        self.server.builds.clear()
        self.server.limits = {'chunkBytes': 1000}
        self.assertEqual(0, self.sends('--all')[0])
        self.assert_sent(folder)

        self.server.limits = {'ageDays': 0}
        code, _, err = self.sends('--all')
        self.assertEqual((push.EXIT_REFUSED, True), (code, 'older' in err))

        self.server.limits = {'streamBytes': 10}
        code, _, err = self.sends('--all')
        self.assertEqual(push.EXIT_REFUSED, code)

    def test_messages_of_a_server_are_one_line_each(self):
        self.record()
        self.server.messages = ['Hello\x1b]0;title\x07\nthere', 'x' * 5000]
        code, _, err = self.sends()
        self.assertEqual(0, code)
        self.assertEqual([True, True], [len(line) < 400 for line in err.strip().split('\n')])
        self.assertNotIn('\x1b', err)

    def test_a_log_that_is_damaged_keeps_nothing_else_back(self):
        folder = self.record()
        with open(os.path.join(folder, 'blobs', LOG_NAME), 'wb') as file:
            file.write(gzip.compress(b'other bytes'))
        code, _, err = self.sends()
        self.assertEqual(0, code)
        self.assertIn('not what its name says', err)
        self.assertTrue(self.server.builds[BUILD_ID]['complete'])
        self.assertNotIn(LOG_NAME, self.server.blobs)

    # ---- who

    def test_tokens(self):
        folder = self.record()
        self.server.tokens = ['bkh_abc']
        code, _, err = self.sends()
        self.assertEqual(push.EXIT_REFUSED, code)
        self.assertIn('wants a token', err)
        place = os.path.join(self.folder, '.config', 'bakehouse')
        os.makedirs(place)
        path = os.path.join(place, 'token')
        with open(path, 'w') as file:
            file.write('# mine\nhttp://other.example bkh_other\n%s bkh_abc\n' % self.server.address)
        os.chmod(path, 0o640)
        code, _, err = self.sends()
        self.assertEqual(push.EXIT_LOCAL, code)
        self.assertIn('chmod 600', err)
        os.chmod(path, 0o600)
        self.assertEqual(0, self.sends()[0])
        self.assert_sent(folder)
        with open(path, 'w') as file:
            file.write('http://other.example bkh_other\n')
        self.assertEqual(push.EXIT_REFUSED, self.sends('--all')[0])
        self.assertNotIn('Authorization', self.server.requests[-1][2])
        os.environ['BAKEHOUSE_TOKEN'] = 'bkh_abc'
        self.assertEqual(0, self.sends('--all')[0])
        for name in os.listdir(folder):
            if os.path.isfile(os.path.join(folder, name)):
                with open(os.path.join(folder, name), 'rb') as file:
                    self.assertNotIn(b'bkh_', file.read(), name)

    def test_another_secret_is_refused(self):
        folder = self.record()
        self.sends()
        with open(os.path.join(folder, 'secret'), 'w') as file:
            file.write('t' * 43)
        self.assertEqual(push.EXIT_REFUSED, self.sends('--all')[0])

    # ---- the way

    def test_http_proxy_and_no_proxy(self):
        folder = self.record()
        proxy = Server()
        self.addCleanup(proxy.stop)
        target = self.server

        def forward(handler):
            assert handler.path.startswith('http://builds.invalid:8080/api/v1/'), handler.path
            handler.path = handler.path[len('http://builds.invalid:8080'):]
            handler.server, own = target, handler.server
            answer = handler.act(own.requests[-1][3])
            handler.server = own
            handler.answer(*answer)

        proxy.always = forward
        os.environ['http_proxy'] = proxy.address.replace('http://', 'http://me:pass@')
        code, out, err = self.run_in_process('--server', 'http://builds.invalid:8080')
        self.assertEqual((0, 'http://builds.invalid:8080/b/7w66ybmffd5n56js\n'), (code, out), err)
        self.assert_sent(folder)
        self.assertEqual('Basic bWU6cGFzcw==', proxy.requests[0][2]['Proxy-Authorization'])
        before = len(proxy.requests)
        os.environ['no_proxy'] = '127.0.0.1'
        self.assertEqual(0, self.sends('--all')[0])
        self.assertEqual(before, len(proxy.requests))

    @unittest.skipUnless(shutil.which('openssl'), 'no openssl to make a certificate with')
    def test_https_and_ssl_cert_file_through_a_tunnel(self):
        folder = self.record()
        key, certificate = os.path.join(self.folder, 'key.pem'), os.path.join(self.folder, 'cert.pem')
        subprocess.check_call(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj',
                               '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(getattr(ssl, 'PROTOCOL_TLS_SERVER', ssl.PROTOCOL_TLS))
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        address = self.server.address.replace('http://127.0.0.1', 'https://localhost')
        tunnels = []

        class Tunnel(socketserver.BaseRequestHandler):
            def handle(self):
                head = b''
                while b'\r\n\r\n' not in head:
                    head += self.request.recv(1)
                tunnels.append(head)
                with socket.create_connection(('127.0.0.1', int(head.split()[1].rsplit(b':', 1)[1]))) as there:
                    self.request.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
                    back = threading.Thread(target=self.copy, args=(there, self.request))
                    back.start()
                    self.copy(self.request, there)
                    back.join()

            @staticmethod
            def copy(source, sink):
                with contextlib.suppress(OSError):
                    while True:
                        data = source.recv(65536)
                        if not data:
                            break
                        sink.sendall(data)
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)

        class Proxy(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True

        proxy = Proxy(('127.0.0.1', 0), Tunnel)
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        threading.Thread(target=proxy.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True).start()
        os.environ['https_proxy'] = '127.0.0.1:%d' % proxy.server_address[1]
        code, _, err = self.run_in_process('--server', address)
        self.assertEqual(push.EXIT_LATER, code)
        self.assertIn('SSL_CERT_FILE', err)
        os.environ['SSL_CERT_FILE'] = certificate
        code, out, err = self.run_in_process('--server', address)
        self.assertEqual((0, address + '/b/7w66ybmffd5n56js\n'), (code, out), err)
        self.assertTrue(all(head.startswith(b'CONNECT localhost:') for head in tunnels) and tunnels)
        self.assert_sent(folder)

    # ---- this side

    def test_killed_at_any_moment(self):
        folder = self.record(tasks=2000)
        expected = self.expected(folder)
        draw = random.Random(5)
        killed = 0
        self.server.always = 'delay'
        for _ in range(8):
            child = self.command('--server', self.server.address, '--all')
            time.sleep(draw.uniform(0.05, 1.6))
            child.send_signal(signal.SIGKILL)
            child.communicate()
            killed += child.returncode == -signal.SIGKILL
            self.assertTrue(expected.startswith(self.server.stream(BUILD_ID)) if BUILD_ID in self.server.builds else True)
            path = os.path.join(folder, 'push.json')
            if os.path.exists(path):
                with open(path) as file:
                    json.load(file)
        self.server.always = None
        self.assertEqual(0, self.sends('--all')[0])
        self.assert_sent(folder)
        self.assertGreater(killed, 0)

    def test_two_at_once(self):
        folder = self.record()
        record = push.Record(folder)
        with push.Lock(record):
            code, out, err = self.sends()
            self.assertEqual(push.EXIT_LATER, code)
            self.assertIn('another process', err)
        # A file that a dead one left locks nobody out.
        self.assertTrue(os.path.exists(os.path.join(folder, 'push.lock')))
        self.assertEqual(0, self.sends()[0])

    def test_push_json_is_never_needed(self):
        folder = self.record()
        self.sends()
        for text in (b'', b'{', b'[]', b'{"servers": 7}', b'\xff', b'{"servers":{"%s":9}}' % self.server.address.encode()):
            with open(os.path.join(folder, 'push.json'), 'wb') as file:
                file.write(text)
            self.assertEqual(0, self.sends()[0], text)
            self.assertTrue(push.Record(folder).is_sent(self.server.address))

    def test_a_folder_that_cannot_be_written_to(self):
        folder = self.record()
        # Not even root writes into a file that is a directory.
        for name in ('push.lock', 'push.json'):
            os.mkdir(os.path.join(folder, name))
        self.assertEqual(0, self.sends(folder)[0])
        self.assert_sent(folder)

    def test_records_that_are_none(self):
        for name, text in (('empty', b''), ('torn', b'{"type":"rec'), ('other', b'{"type":"build"}\n'), ('id', b'{"type":"record","format":1,"id":"../../x"}\n'),
                           ('later', b'{"type":"record","format":2,"id":"%s"}\n' % BUILD_ID.encode())):
            os.mkdir(os.path.join(self.home, name))
            with open(os.path.join(self.home, name, 'record.jsonl'), 'wb') as file:
                file.write(text)
        folder = self.record()
        code, out, err = self.sends()
        self.assertEqual(push.EXIT_LOCAL, code)
        self.assertEqual(5, err.count('\n'))
        self.assert_sent(folder)

    # ---- builds that were killed

    def killed(self):
        stats = os.path.join(self.folder, 'stats')
        folder = self.record(end=False, pid=1 << 22, pidStart=5, buildstats=[stats])
        for pf, task, text in (
            ('zlib-1.3-r0', 'do_compile', 'Event: TaskStarted \nStarted: 1795222793.18 \nzlib: do_compile\nutime: 8\nIO rchar: 99\nrusage ru_utime: 0.08816399999999999\n'
                                          'Status: FAILED \nEnded: 1795222793.70 \n'),
            ('zlib-1.3-r0', 'do_install', 'Event: TaskStarted \nStarted: 1795222799.00 \n'),
        ):
            os.makedirs(os.path.join(stats, pf), exist_ok=True)
            with open(os.path.join(stats, pf, task), 'w') as file:
                file.write(text)
        # What is recorded already is not added again.
        first = next(line for line in push.Record(folder).lines() if line['type'] == 'tasks')
        columns = dict((column.id, column.values) for column in push.decode_columns(first)[1])
        recipes = next(line for line in push.Record(folder).lines() if line['type'] == 'recipes')
        known = os.path.join(stats, recipes['pf'][columns['@recipe'][0]])
        os.makedirs(known)
        with open(os.path.join(known, first['names'][columns['@task'][0]]), 'w') as file:
            file.write('Event: TaskStarted \nStarted: %.2f \nStatus: PASSED \nEnded: %.2f \n' % (columns['@start'][0] / 1000.0, columns['@end'][0] / 1000.0))
        with open(os.path.join(folder, 'record.jsonl'), 'ab') as file:
            file.write(b'{"type":"running","atMs":1795222800000,"tasks":[[0,"do_unheard",1795222799500,77]]}\n{"type":"torn')
        os.utime(os.path.join(folder, 'record.jsonl'), (time.time() - 60, time.time() - 60))
        return folder

    def test_a_killed_build_is_ended_from_its_buildstats(self):
        folder = self.killed()
        self.assertIn('killed', self.run_in_process('--list')[1])
        self.assertEqual(0, self.sends()[0])
        lines = list(push.Record(folder).lines())
        self.assertEqual('end', lines[-1]['type'])
        build = [line for line in lines if line['type'] == 'build'][-1]
        self.assertEqual(('succeeded', False), (build['outcome'], 'endEstimated' in build))
        tasks = [line for line in lines if line['type'] == 'tasks'][-1]
        columns = dict((column.id, column.values) for column in push.decode_columns(tasks)[1])
        rows = sorted((tasks['names'][columns['@task'][i]], columns['@outcome'][i], columns['@start'][i], columns['@end'][i]) for i in range(tasks['rows']))
        self.assertEqual([('do_compile', 1, 1795222793180, 1795222793700), ('do_install', 5, 1795222799000, None), ('do_unheard', 5, 1795222799500, None)], rows)
        place = columns['@outcome'].index(1)
        self.assertEqual((99, 88164), (columns['io.rchar'][place], columns['rusage.ru_utime'][place]))
        self.assertEqual(['zlib'], [line for line in lines if line['type'] == 'recipes'][-1]['pn'])
        self.assertIn(b'record-writer-killed', self.server.stream(BUILD_ID))
        self.assertEqual('done', push.Record(folder).state())

    def test_a_build_whose_outcome_nobody_wrote_is_lost(self):
        folder = os.path.join(self.home, 'lost')
        os.makedirs(os.path.join(folder, 'blobs'))
        with open(os.path.join(folder, 'record.jsonl'), 'wb') as file:
            file.write(b'{"type":"record","format":1,"id":"%s"}\n{"type":"build","startedMs":1795222700000}\n' % BUILD_ID.encode())
        record = push.Record(folder)
        self.assertEqual(0, push.sweep(record))
        about = record.about()
        self.assertEqual(('lost', 1795222700000), (about['outcome'], about['endedMs']))

    def test_a_sweep_that_was_cut_is_done_again(self):
        folder = self.killed()
        path = os.path.join(folder, 'record.jsonl')
        with open(path, 'rb') as file:
            before = file.read()
        push.sweep(push.Record(folder))
        with open(path, 'rb') as file:
            after = file.read()
        kept = before.rindex(b'\n') + 1
        self.assertTrue(after.startswith(before[:kept]))
        for cut in range(kept, len(after), 97):
            with open(path, 'wb') as file:
                file.write(after[:cut])
            record = push.Record(folder)
            if not record.has_end():
                push.sweep(record)
            lines = list(record.lines())
            self.assertEqual('end', lines[-1]['type'])
            added = sum(line['rows'] for line in lines if line['type'] == 'tasks') - 300
            self.assertEqual(3, added, cut)

    def test_a_writer_is_not_taken_for_dead(self):
        for local in (self.writer_here(), {}, {'pid': 1 << 22, 'pidStart': 5, 'host': 'another-host'}):
            folder = self.record('r%d' % random.randrange(10 ** 9), end=False, **local)
            os.utime(os.path.join(folder, 'record.jsonl'), (time.time() - 600, time.time() - 600))
            self.assertEqual('running', push.Record(folder).state(), local)

    # ---- retention

    def test_retention(self):
        names = ['2026112%d000000-%08x' % (i, i) for i in range(6)]
        for i, name in enumerate(names):
            local = self.writer_here() if i == 0 else {}
            folder = self.record(name, tasks=20, id='3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c000%d' % i, end=i != 0, **local)
            if i == 2:
                os.rename(folder, folder + '.aside')
        self.sends()
        os.rename(os.path.join(self.home, names[2] + '.aside'), os.path.join(self.home, names[2]))
        os.unlink(os.path.join(self.home, names[2], 'push.json'))
        self.assertEqual(0, self.run_in_process('--prune', '--keep', '2')[0])
        # The first still runs, the third no server has.
        self.assertEqual([names[0], names[2], names[4], names[5]], sorted(os.listdir(self.home)))
        os.mkdir(os.path.join(self.home, push.REMOVED + 'x'))
        self.run_in_process('--prune', '--keep', '2 30d 1G', '--prune-unsent')
        self.assertEqual([names[0], names[4], names[5]], sorted(os.listdir(self.home)))
        self.run_in_process('--prune', '--keep', '1k')
        self.assertEqual([names[0]], sorted(os.listdir(self.home)))
        self.assertEqual(push.EXIT_USAGE, self.run_in_process('--prune', '--keep', 'all')[0])

    def test_a_wrong_address(self):
        self.record()
        for address in ('ftp://x', 'builds.example.org', 'http://u:p@host', 'http://host:99999', 'http://host/?x=1'):
            self.assertEqual(push.EXIT_USAGE, self.run_in_process('--server', address)[0], address)
        self.assertEqual(push.EXIT_USAGE, self.run_in_process()[0])
        child = self.command('--no-such-option')
        child.communicate()
        self.assertEqual(2, child.returncode)


if __name__ == '__main__':
    unittest.main()
