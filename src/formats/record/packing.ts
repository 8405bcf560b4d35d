/**
 * What a record needs of a runtime: zlib with base64 around it. Passed in, because this room imports nothing
 * (src/formats/open/native-packing.ts is Node's).
 */
export interface Packing {
  /**
   * The bytes in a base64 text of a zlib stream: exactly `bytes` of them, or null where it holds fewer, more or none. Never makes
   * more than that, whatever the stream would unpack to.
   */
  readonly unpack: (text: string, bytes: number) => Uint8Array | null;
  readonly pack: (bytes: Uint8Array) => string;
}
