/**
 * Blobs in a bucket: `<prefix>ab/cdef…`. An object is there when its upload is complete and never before, so there are no drafts to see;
 * one beyond PART_BYTES goes in parts, and parts whose writer was killed are dropped a day later.
 */
import { BakehouseError } from '../../model/errors.ts';
import type { BlobHash, BlobStore, ListedBlob } from './blob-store.ts';
import { type Draft, framedStore, type Medium } from './framed-store.ts';
import { type S3Place, s3Client } from './s3-client.ts';

/** S3 wants 5 MiB at least for all but the last; this much of memory is held for each blob on its way in. */
const PART_BYTES = 8 << 20;
const PARTS_LEFT_MS = 86_400_000;

function textOf(xml: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return found === undefined ? null : unescaped(found);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{2,4}));/g, (all, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? all;
  });
}

function* elements(xml: string, name: string): Iterable<string> {
  for (const found of xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))) yield found[1]!;
}

export function s3Medium(place: S3Place, firstWaitMs?: number): Medium {
  const client = s3Client(place, firstWaitMs);
  const keyOf = (hash: BlobHash): string => `${place.prefix}${hash.slice(0, 2)}/${hash.slice(2)}`;
  const textFrom = (body: Uint8Array): string => Buffer.from(body).toString('utf8');

  async function range(hash: BlobHash, bytes: string) {
    const answer = await client.send({ method: 'GET', key: keyOf(hash), headers: { range: `bytes=${bytes}` } });
    return answer.status === 404 ? null : answer;
  }

  async function begin(hash: BlobHash): Promise<Draft> {
    const key = keyOf(hash);
    let pending: Uint8Array[] = [];
    let length = 0;
    let upload: string | null = null;
    const tags: string[] = [];

    async function sendPart(): Promise<void> {
      if (upload === null) {
        const { body } = await client.send({ method: 'POST', key, query: { uploads: '' } });
        upload = textOf(textFrom(body), 'UploadId');
        if (upload === null)
          throw new BakehouseError('unavailable', `${place.endpoint} gave no id for an upload in parts.`);
      }
      const { headers } = await client.send({
        method: 'PUT',
        key,
        query: { partNumber: String(tags.length + 1), uploadId: upload },
        body: Buffer.concat(pending),
      });
      tags.push(headers.etag ?? '');
      pending = [];
      length = 0;
    }

    return {
      write: async (bytes) => {
        pending.push(bytes);
        length += bytes.length;
        if (length >= PART_BYTES) await sendPart();
      },
      commit: async () => {
        if (upload === null) {
          await client.send({ method: 'PUT', key, body: Buffer.concat(pending) });
          return;
        }
        if (length > 0) await sendPart();
        const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
        await client.send({
          method: 'POST',
          key,
          query: { uploadId: upload },
          headers: { 'content-type': 'application/xml' },
          body: Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`),
        });
      },
      abandon: async () => {
        // Where even this fails, clean() does it a day later; the first failure is what the caller must hear.
        if (upload !== null) await client.send({ method: 'DELETE', key, query: { uploadId: upload } }).catch(() => {});
      },
    };
  }

  return {
    kind: 's3',
    place: `s3://${place.bucket}/${place.prefix}`,
    readTail: async (hash, length) => {
      const answer = await range(hash, `-${length}`);
      if (answer === null) return null;
      const [, first, all] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers['content-range'] ?? '') ?? [];
      if (first === undefined || all === undefined) return { bytes: answer.body, size: answer.body.length };
      const size = Number(all);
      const wanted = Math.max(0, size - length);
      if (Number(first) === wanted) return { bytes: answer.body, size };
      // Some servers take `-n` for the first bytes.
      const again = await range(hash, `${wanted}-${size - 1}`);
      return again === null ? null : { bytes: again.body, size };
    },
    readRange: async (hash, from, to) => {
      const answer = await range(hash, `${from}-${to - 1}`);
      if (answer === null) return null;
      // A server may answer with all of it.
      return answer.status === 206 ? answer.body : answer.body.subarray(from, to);
    },
    begin,
    delete: async (hash) => {
      const key = keyOf(hash);
      const there = (await client.send({ method: 'HEAD', key })).status !== 404;
      if (there) await client.send({ method: 'DELETE', key });
      return there;
    },
    list: async function* (): AsyncIterable<ListedBlob> {
      let next: string | null = null;
      do {
        const query: Record<string, string> = { 'list-type': '2', prefix: place.prefix };
        if (next !== null) query['continuation-token'] = next;
        const { body } = await client.send({ method: 'GET', key: '', query });
        const xml = textFrom(body);
        for (const item of elements(xml, 'Contents')) {
          const key = textOf(item, 'Key') ?? '';
          const hash = key.slice(place.prefix.length).replace('/', '');
          if (!key.startsWith(place.prefix) || !/^[0-9a-f]{64}$/.test(hash)) continue;
          yield {
            hash,
            storedBytes: Number(textOf(item, 'Size')),
            writtenMs: Date.parse(textOf(item, 'LastModified') ?? ''),
          };
        }
        next = textOf(xml, 'NextContinuationToken');
      } while (next !== null);
    },
    clean: async () => {
      let removed = 0;
      // Small servers cannot tell which uploads are open; what was left there is theirs to drop.
      const { status, body } = await client.send({
        method: 'GET',
        key: '',
        query: { uploads: '', prefix: place.prefix },
        alsoGood: 501,
      });
      if (status === 501) return 0;
      for (const item of elements(textFrom(body), 'Upload')) {
        const [key, upload, begun] = [textOf(item, 'Key'), textOf(item, 'UploadId'), textOf(item, 'Initiated')];
        if (key === null || upload === null || Date.now() - Date.parse(begun ?? '') < PARTS_LEFT_MS) continue;
        await client.send({ method: 'DELETE', key, query: { uploadId: upload } });
        removed++;
      }
      return removed;
    },
    check: async () => {
      // Nothing is called so. Absent is the right answer: of a bucket that is not there, or not ours, another one comes.
      await client.send({ method: 'GET', key: `${place.prefix}check` });
    },
  };
}

/** `firstWaitMs`: how long to wait before a request is sent a second time, where it is not the usual. */
export function s3Blobs(place: S3Place, firstWaitMs?: number): BlobStore {
  return framedStore(s3Medium(place, firstWaitMs));
}
