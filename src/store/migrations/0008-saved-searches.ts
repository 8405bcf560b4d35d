import type { Migration } from './index.ts';

/** Searches that somebody gave a name; each account has its own. */
export const savedSearches: Migration = {
  name: 'saved searches',
  statements: ({ types }) => {
    const { integer, small, keyed } = types;
    return [
      `create table saved_searches (account ${small} not null references accounts(number) on delete cascade, name text not null,
        q text not null, kind text, created_ms ${integer} not null, primary key (account, name)) ${keyed}`,
    ];
  },
};
