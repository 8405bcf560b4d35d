import { createHash } from 'node:crypto';
import type { Build } from '../model/build.ts';

/**
 * Whose build it is: the same run of bitbake has the same id whoever computes it, from whichever account of it.
 *
 *     origin  = host id, BUILDNAME, first Build Started
 *     host id = first 16 hex digits of SHA-256 of 'bakehouse host 1', a zero byte, the host's name
 *     id      = UUIDv5 (RFC 9562) in our namespace of the JSON of the origin: ["<host id>","<name>",<start in ms, or null>]
 *
 * Where no account names the host (event logs do not, buildstats of 2011 did not always), where the build was found stands for it:
 * ["place","<location of the first source>","<name>",<start>]. None of it is content: a directory that grows, or is read by a better
 * reader, keeps its id. An id is given once: an account that comes later and is recognised (sameOrigin) takes the stored build's id.
 *
 * The salt is the same everywhere, because ids must be; it keeps names out of sight, not out of reach of who guesses them.
 */
const NAMESPACE = 'f1a5be7e-62a2-5d5b-9c1e-ba4e00000001';
const HOST_SALT = 'bakehouse host 1';

export function hostId(name: string): string {
  return createHash('sha256').update(`${HOST_SALT}\0${name}`).digest('hex').slice(0, 16);
}

/** The build with its host's id filled in where the name is known: what is stored. */
export function withHostId(build: Build): Build {
  const { host } = build;
  if (host.id !== null || host.name === null) return build;
  return { ...build, host: { ...host, id: hostId(host.name) } };
}

/** The origin as text: equal texts are one build. */
export function originOf(build: Pick<Build, 'host' | 'name' | 'startedMs' | 'sources'>): string {
  const { host, name, startedMs, sources } = build;
  const id = host.id ?? (host.name === null ? null : hostId(host.name));
  return JSON.stringify(id === null ? ['place', sources[0]?.location ?? '', name, startedMs] : [id, name, startedMs]);
}

export function buildId(build: Pick<Build, 'host' | 'name' | 'startedMs' | 'sources'>): string {
  return uuidV5(NAMESPACE, originOf(build));
}

/** RFC 9562, 5.5: SHA-1 of namespace and name, version 5 in four bits, variant 2 in two. */
export function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
