import type { Migration } from './index.ts';

/**
 * The words of failures' logs. The logs themselves stay where they are (decision 0014): what is kept is which words a log has, and neither how often
 * nor where, which is 8 % of the logs of a generated farm.
 */
export const logSearch: Migration = {
  name: 'log search',
  statements: ({ types, logWords }) => [
    `create table log_texts (number ${types.identity}, hash text not null unique, version ${types.small} not null)`,
    ...logWords.statements,
  ],
};
