/** What goes out: builds to a server (docs/formats/upload.md). */
export { DEFAULT_KINDS, RECORD_KINDS, type RecordKind } from '../formats/record/kinds.ts';
export { kindsOf, type Prepared, type PrepareOptions, prepareUpload } from './prepare.ts';
export { readPushKey } from './push-key.ts';
export { type PushedTests, pushTests } from './push-tests.ts';
export { PushWatch, type PushWatchOptions } from './push-watch.ts';
export { openTransport, type ProxySettings, serverAddress } from './transport.ts';
export {
  addressOf,
  UploadClient,
  type UploadClientOptions,
  type UploadResult,
  type Visibility,
} from './upload-client.ts';
