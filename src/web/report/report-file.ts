/** What a report file holds; written by operations/export-report.ts. */
export interface Report {
  /** Where it opens: `/b/<id>/chart`, `/compare?b=…`. */
  readonly start: string;
  /** Answers by path below /api/v1. */
  readonly answers: Readonly<Record<string, { readonly json: unknown } | { readonly base64: string }>>;
}

export function parseReport(text: string): Report {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('start' in value) || !('answers' in value)) {
    throw new Error('The data of this report file are damaged.');
  }
  return value as Report;
}
