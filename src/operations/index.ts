/** Every operation by the name that its file, its route and the documents use; each loaded when first asked for. */
export const OPERATIONS = {
  'list-builds': async () => (await import('./list-builds.ts')).listBuilds,
  facets: async () => (await import('./facets.ts')).facets,
  'show-build': async () => (await import('./show-build.ts')).showBuild,
  'read-columns': async () => (await import('./read-columns.ts')).readColumns,
  'read-samples': async () => (await import('./read-samples.ts')).readSamples,
  'read-graph': async () => (await import('./read-graph.ts')).readGraph,
  'read-log': async () => (await import('./read-log.ts')).readLog,
  'read-log-bytes': async () => (await import('./read-log.ts')).readLogBytes,
  'compare-builds': async () => (await import('./compare-builds.ts')).compareBuilds,
  explore: async () => (await import('./explore.ts')).explore,
  'export-tasks': async () => (await import('./export-tasks.ts')).exportTasks,
  'export-samples': async () => (await import('./export-samples.ts')).exportSamples,
  'export-chart': async () => (await import('./export-chart.ts')).exportChart,
  'export-report': async () => (await import('./export-report.ts')).exportReport,
  'export-trace': async () => (await import('./export-trace.ts')).exportTrace,
  'import-sample': async () => (await import('./import-sample.ts')).importSample,
  'meet-upload': async () => (await import('./meet-upload.ts')).meetUpload,
  'append-chunk': async () => (await import('./append-chunk.ts')).appendChunk,
  'offer-blobs': async () => (await import('./offer-blobs.ts')).offerBlobs,
  'put-blob': async () => (await import('./put-blob.ts')).putBlob,
  'find-announced': async () => (await import('./find-announced.ts')).findAnnounced,
  trend: async () => (await import('./trend.ts')).trend,
  'store-figures': async () => (await import('./store-figures.ts')).storeFigures,
  'plan-retention': async () => (await import('./apply-retention.ts')).planRetention,
  'apply-retention': async () => (await import('./apply-retention.ts')).applyRetention,
  'pin-build': async () => (await import('./pin-build.ts')).pinBuild,
  'server-info': async () => (await import('./server-info.ts')).serverInfo,
} as const;

export type OperationName = keyof typeof OPERATIONS;
type Operation<N extends OperationName> = Awaited<ReturnType<(typeof OPERATIONS)[N]>>;
export type OperationInput<N extends OperationName> = Parameters<Operation<N>>[1];
export type OperationOutput<N extends OperationName> = Awaited<ReturnType<Operation<N>>>;
