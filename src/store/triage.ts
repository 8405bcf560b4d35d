/**
 * What people say of kinds of failures: states, owners, notes, known issues, and the journal of it all.
 *
 * A kind of failure is shown to those who have a build in their lists that has it, and for everybody else is not there, with everything that was
 * said of it. So every read and write here is asked of the builds first. An unlisted build is no such reason: its words can be guessed, and that
 * somebody has it must not be found out so. What is said is of a kind and not of a build, and is read by all who see the kind.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { BakehouseError } from '../model/errors.ts';
import { type JournalKind, TRIAGE_STATES, type TriageState } from '../model/triage.ts';
import type { Dialect } from './dialect.ts';
import type { Database } from './schema.ts';
import type { Sight } from './sight.ts';
import { storable } from './storable.ts';

/** Who says it. `account` null: the console. */
export interface TriageAuthor {
  readonly account: number | null;
  readonly name: string;
}

export interface TriageChange {
  /** Left out: as it is. Null takes back what a person said; a rule may say it again. */
  readonly state?: TriageState | null;
  readonly link?: string | null;
  readonly fixedIn?: string | null;
  /** Name of an account; null: nobody. */
  readonly owner?: string | null;
  readonly note?: string;
}

/** What a rule or a person says of one kind of failure. */
export interface TriageWord {
  /** 16 hex digits. */
  readonly fingerprint: string;
  readonly state: TriageState;
  /** Who said the state: a person, a known issue, or nobody (`new`). */
  readonly by: 'person' | 'issue' | 'nobody';
  readonly link: string | null;
  readonly fixedIn: string | null;
  readonly owner: string | null;
  /** When a person said something last; null: never. */
  readonly changedMs: number | null;
  readonly notes: number;
  readonly issue: { readonly number: number; readonly title: string; readonly link: string | null } | null;
}

export interface JournalEntry {
  readonly number: number;
  readonly atMs: number;
  readonly name: string;
  /** Null: of a known issue. */
  readonly fingerprint: string | null;
  /** Recipe and task of the kind, or title of the known issue. */
  readonly about: string | null;
  readonly issue: number | null;
  readonly what: JournalKind;
  readonly was: string | null;
  readonly said: string | null;
}

export interface KnownIssueText {
  readonly title: string;
  /** The language of analysis/expression.ts; tried on the normalised words of a fingerprint and on its class. */
  readonly expression: string;
  readonly class: string | null;
  readonly pn: string | null;
  readonly task: string | null;
  readonly state: TriageState;
  readonly link: string | null;
}

export interface KnownIssue extends KnownIssueText {
  readonly number: number;
  readonly createdMs: number;
}

/** What an issue's expression is tried on. */
export interface IssueSubject {
  readonly fingerprint: number;
  readonly class: string;
  readonly pn: string | null;
  readonly task: string | null;
  readonly text: string;
}

export interface Triage {
  /** Of those that the viewer may see; the others are not there. */
  words(fingerprints: readonly string[]): Promise<ReadonlyMap<string, TriageWord>>;
  /** `not-found`, with nothing changed, where one of them is not there for the viewer. Says of how many something changed. */
  change(fingerprints: readonly string[], change: TriageChange, author: TriageAuthor, nowMs: number): Promise<number>;
  /** Newest first; of one fingerprint, or of a time. */
  journal(question: {
    readonly fingerprint?: string;
    readonly fromMs?: number;
    readonly toMs?: number;
    readonly limit: number;
  }): Promise<readonly JournalEntry[]>;
  issues(): Promise<readonly KnownIssue[]>;
  /** `number` null: a new one. Gives its number. */
  saveIssue(number: number | null, issue: KnownIssueText, author: TriageAuthor, nowMs: number): Promise<number>;
  removeIssue(number: number, author: TriageAuthor, nowMs: number): Promise<void>;
  /** Fingerprints after `after`, at most `limit`, in the order of their numbers. */
  subjects(after: number, limit: number): Promise<readonly IssueSubject[]>;
  /** All that one issue matches, replacing what was there. */
  setMatches(issue: number, fingerprints: readonly number[]): Promise<void>;
  /** Up to which fingerprint every issue was tried, and what was found beyond that. */
  progress(): Promise<number>;
  addMatches(matches: readonly { readonly issue: number; readonly fingerprint: number }[], upTo: number): Promise<void>;
}

/** Parameters of one `in (…)`. */
const AT_ONCE = 500;

export function triageOf(db: Kysely<Database>, dialect: Dialect, sight: Sight): Triage {
  /** Hash -> number, of those that the viewer may see. */
  async function visible(from: Kysely<Database>, hashes: readonly string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (let at = 0; at < hashes.length; at += AT_ONCE) {
      const rows = await from
        .selectFrom('fingerprints as fp')
        .select(['fp.hash', 'fp.number'])
        .where('fp.hash', 'in', hashes.slice(at, at + AT_ONCE).map(storable))
        .$if(!sight.everything, (query) =>
          query.where(({ exists, selectFrom }) =>
            exists(
              selectFrom('failures as f')
                .innerJoin('builds as b', 'b.number', 'f.build')
                .select('f.build')
                .whereRef('f.fingerprint', '=', 'fp.number')
                .where(sight.listed('b')),
            ),
          ),
        )
        .execute();
      for (const { hash, number } of rows) found.set(hash, Number(number));
    }
    return found;
  }

  async function write(
    trx: Transaction<Database>,
    author: TriageAuthor,
    nowMs: number,
    entry: {
      readonly fingerprint?: number;
      readonly issue?: number;
      readonly what: JournalKind;
      readonly was?: string | null;
      readonly said?: string | null;
    },
  ): Promise<void> {
    await trx
      .insertInto('triage_journal')
      .values({
        at_ms: nowMs,
        account: author.account,
        name: author.name,
        fingerprint: entry.fingerprint ?? null,
        issue: entry.issue ?? null,
        what: entry.what,
        was: entry.was === undefined || entry.was === null ? null : storable(entry.was),
        said: entry.said === undefined || entry.said === null ? null : storable(entry.said),
      })
      .execute();
  }

  return {
    async words(hashes) {
      const numbers = await visible(db, hashes);
      const words = await wordsOf(db, dialect, [...numbers.values()]);
      return new Map([...numbers].map(([hash, number]) => [hash, { fingerprint: hash, ...words(number) }]));
    },

    async change(hashes, change, author, nowMs) {
      return db.transaction().execute(async (trx) => {
        const asked = [...new Set(hashes)];
        const numbers = await visible(trx, asked);
        const missing = asked.find((hash) => !numbers.has(hash));
        if (missing !== undefined)
          throw new BakehouseError('not-found', `No failure has the fingerprint ${missing.slice(0, 40)}.`);
        const owner = change.owner === undefined ? undefined : await ownerNumber(trx, change.owner);
        let changed = 0;
        for (const fingerprint of [...numbers.values()].sort((a, b) => a - b)) {
          const before = await trx
            .selectFrom('triage')
            .leftJoin('accounts', 'accounts.number', 'triage.owner')
            .select(['state', 'link', 'fixed_in', 'owner', 'accounts.name as owner_name'])
            .where('fingerprint', '=', fingerprint)
            .executeTakeFirst();
          const old = before ?? { state: null, link: null, fixed_in: null, owner: null, owner_name: null };
          const text = (value: string | null | undefined, was: string | null) =>
            value === undefined ? was : value === null ? null : storable(value);
          const next = {
            state: change.state === undefined ? old.state : change.state,
            link: text(change.link, old.link),
            fixed_in: text(change.fixedIn, old.fixed_in),
            owner: owner === undefined ? old.owner : owner,
          };
          const said = (of: Pick<typeof next, 'state' | 'link' | 'fixed_in'>) =>
            [of.state ?? 'new', of.fixed_in, of.link].filter((part) => part !== null).join(' ');
          const newState = said(next) !== said(old) || next.state !== old.state;
          const newOwner = next.owner !== old.owner;
          if (newState)
            await write(trx, author, nowMs, { fingerprint, what: 'state', was: said(old), said: said(next) });
          if (newOwner)
            await write(trx, author, nowMs, {
              fingerprint,
              what: 'owner',
              was: old.owner_name,
              said: change.owner ?? null,
            });
          if (change.note !== undefined)
            await write(trx, author, nowMs, { fingerprint, what: 'note', said: change.note });
          if (!newState && !newOwner && change.note === undefined) continue;
          changed++;
          const row = { ...next, changed_ms: nowMs };
          await trx
            .insertInto('triage')
            .values({ fingerprint, ...row })
            .onConflict((conflict) => conflict.column('fingerprint').doUpdateSet(row))
            .execute();
        }
        return changed;
      });
    },

    async journal({ fingerprint, fromMs, toMs, limit }) {
      let only: number | null = null;
      if (fingerprint !== undefined) {
        only = (await visible(db, [fingerprint])).get(fingerprint) ?? null;
        if (only === null) return [];
      }
      const rows = await db
        .selectFrom('triage_journal as j')
        .leftJoin('fingerprints as fp', 'fp.number', 'j.fingerprint')
        .leftJoin('known_issues as i', 'i.number', 'j.issue')
        .select([
          'j.number',
          'j.at_ms',
          'j.name',
          'fp.hash',
          'fp.pn',
          'fp.task',
          'i.title',
          'j.issue',
          'j.what',
          'j.was',
          'j.said',
        ])
        .$if(only !== null, (query) => query.where('j.fingerprint', '=', only))
        .$if(fromMs !== undefined, (query) => query.where('j.at_ms', '>=', Math.floor(fromMs!)))
        .$if(toMs !== undefined, (query) => query.where('j.at_ms', '<', Math.ceil(toMs!)))
        .$if(!sight.everything, (query) =>
          query.where(({ exists, selectFrom, or, eb }) =>
            or([
              eb('j.fingerprint', 'is', null),
              exists(
                selectFrom('failures as f')
                  .innerJoin('builds as b', 'b.number', 'f.build')
                  .select('f.build')
                  .whereRef('f.fingerprint', '=', 'j.fingerprint')
                  .where(sight.listed('b')),
              ),
            ]),
          ),
        )
        .orderBy('j.number', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        number: Number(row.number),
        atMs: Number(row.at_ms),
        name: row.name,
        fingerprint: row.hash,
        about: row.title ?? ([row.pn, row.task].filter((part) => part !== null).join(' ') || null),
        issue: row.issue,
        what: row.what as JournalKind,
        was: row.was,
        said: row.said,
      }));
    },

    async issues() {
      const rows = await db
        .selectFrom('known_issues')
        .selectAll()
        .where('removed_ms', 'is', null)
        .orderBy('number')
        .execute();
      return rows.map((row) => ({
        number: row.number,
        title: row.title,
        expression: row.expression,
        class: row.class,
        pn: row.pn,
        task: row.task,
        state: stateOf(row.state),
        link: row.link,
        createdMs: Number(row.created_ms),
      }));
    },

    async saveIssue(number, issue, author, nowMs) {
      const text = (value: string | null) => (value === null ? null : storable(value));
      const row = {
        title: storable(issue.title),
        expression: storable(issue.expression),
        class: text(issue.class),
        pn: text(issue.pn),
        task: text(issue.task),
        state: issue.state,
        link: text(issue.link),
      };
      return db.transaction().execute(async (trx) => {
        if (number === null) {
          const added = await trx
            .insertInto('known_issues')
            .values({ ...row, created_ms: nowMs })
            .returning('number')
            .executeTakeFirstOrThrow();
          await write(trx, author, nowMs, { issue: added.number, what: 'issue-added', said: JSON.stringify(row) });
          return added.number;
        }
        const before = await trx
          .selectFrom('known_issues')
          .select(['title', 'expression', 'class', 'pn', 'task', 'state', 'link'])
          .where('number', '=', number)
          .where('removed_ms', 'is', null)
          .executeTakeFirst();
        if (before === undefined) throw noSuchIssue(number);
        if (JSON.stringify(before) === JSON.stringify(row)) return number;
        await trx.updateTable('known_issues').set(row).where('number', '=', number).execute();
        await write(trx, author, nowMs, {
          issue: number,
          what: 'issue-changed',
          was: JSON.stringify(before),
          said: JSON.stringify(row),
        });
        return number;
      });
    },

    async removeIssue(number, author, nowMs) {
      await db.transaction().execute(async (trx) => {
        const removed = await trx
          .updateTable('known_issues')
          .set({ removed_ms: nowMs })
          .where('number', '=', number)
          .where('removed_ms', 'is', null)
          .returning('title')
          .executeTakeFirst();
        if (removed === undefined) throw noSuchIssue(number);
        await trx.deleteFrom('issue_matches').where('issue', '=', number).execute();
        await write(trx, author, nowMs, { issue: number, what: 'issue-removed', was: removed.title });
      });
    },

    async subjects(after, limit) {
      const rows = await db
        .selectFrom('fingerprints')
        .select(['number', 'class', 'pn', 'task', 'text'])
        .where('number', '>', after)
        .orderBy('number')
        .limit(limit)
        .execute();
      return rows.map(({ number, ...row }) => ({ fingerprint: Number(number), ...row }));
    },

    async setMatches(issue, fingerprints) {
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('issue_matches').where('issue', '=', issue).execute();
        await insertMatches(
          trx,
          fingerprints.map((fingerprint) => ({ issue, fingerprint })),
        );
      });
    },

    async progress() {
      const row = await db
        .selectFrom('issue_progress')
        .select(({ fn }) => fn.max('fingerprint').as('fingerprint'))
        .executeTakeFirst();
      return row?.fingerprint ?? 0;
    },

    async addMatches(matches, upTo) {
      await db.transaction().execute(async (trx) => {
        await insertMatches(trx, matches);
        const row = await trx.selectFrom('issue_progress').select('fingerprint').executeTakeFirst();
        if (row === undefined) await trx.insertInto('issue_progress').values({ fingerprint: upTo }).execute();
        else
          await trx.updateTable('issue_progress').set({ fingerprint: upTo }).where('fingerprint', '<', upTo).execute();
      });
    },
  };
}

/**
 * Where the rules of fingerprints grew and a failure is of another kind by them: what was said of the old kind is said of the new one, journal and
 * all, unless that has words of its own. The old kind keeps its words, as it may be what other failures become.
 */
export async function follow(
  trx: Transaction<Database>,
  pairs: readonly { readonly from: number; readonly to: number }[],
): Promise<void> {
  for (const { from, to } of pairs) {
    const { rows } = await sql<{ fingerprint: number }>`
      insert into triage (fingerprint, state, link, fixed_in, owner, changed_ms)
      select cast(${to} as integer), state, link, fixed_in, owner, changed_ms from triage where fingerprint = ${from}
      on conflict (fingerprint) do nothing returning fingerprint`.execute(trx);
    if (rows.length === 0) continue;
    await sql`insert into triage_journal (at_ms, account, name, fingerprint, issue, what, was, said)
      select at_ms, account, name, cast(${to} as integer), issue, what, was, said from triage_journal
      where fingerprint = ${from} order by number`.execute(trx);
  }
}

function stateOf(text: string | null): TriageState {
  // What a newer program may have written is looked at again.
  return TRIAGE_STATES.find((state) => state === text) ?? 'new';
}

function noSuchIssue(number: number): BakehouseError {
  return new BakehouseError('not-found', `There is no known issue ${number}.`);
}

async function ownerNumber(trx: Kysely<Database>, name: string | null): Promise<number | null> {
  if (name === null) return null;
  const row = await trx
    .selectFrom('accounts')
    .select('number')
    .where('name', '=', storable(name))
    .where('disabled', '=', 0)
    .executeTakeFirst();
  if (row === undefined) throw new BakehouseError('invalid', `owner: there is no account "${name.slice(0, 64)}".`);
  return row.number;
}

async function insertMatches(
  trx: Transaction<Database>,
  matches: readonly { readonly issue: number; readonly fingerprint: number }[],
): Promise<void> {
  for (let at = 0; at < matches.length; at += AT_ONCE)
    await trx
      .insertInto('issue_matches')
      .values(matches.slice(at, at + AT_ONCE))
      .onConflict((conflict) => conflict.columns(['fingerprint', 'issue']).doNothing())
      .execute();
}

/**
 * What is said of these fingerprints. A person's word goes before that of a known issue, and of several issues the oldest speaks: a new rule
 * changes nothing that another one covers. Whether the viewer may hear it was asked before.
 */
export async function wordsOf(
  db: Kysely<Database>,
  dialect: Dialect,
  numbers: readonly number[],
): Promise<(fingerprint: number) => Omit<TriageWord, 'fingerprint'>> {
  const [rows, issues, notes] = await Promise.all([
    db
      .selectFrom('triage as t')
      .leftJoin('accounts as a', 'a.number', 't.owner')
      .select(['t.fingerprint', 't.state', 't.link', 't.fixed_in', 't.changed_ms', 'a.name'])
      .where(dialect.oneOf('t.fingerprint', numbers))
      .execute(),
    db
      .selectFrom('issue_matches as m')
      .innerJoin('known_issues as i', 'i.number', 'm.issue')
      .select(['m.fingerprint', 'i.number', 'i.title', 'i.link', 'i.state'])
      .where(dialect.oneOf('m.fingerprint', numbers))
      .where('i.removed_ms', 'is', null)
      .orderBy('i.number', 'desc')
      .execute(),
    db
      .selectFrom('triage_journal')
      .select(['fingerprint', (eb) => eb.fn.countAll<number>().as('count')])
      .where(dialect.oneOf('fingerprint', numbers))
      .where('what', '=', 'note')
      .groupBy('fingerprint')
      .execute(),
  ]);
  const said = new Map(rows.map((row) => [row.fingerprint, row]));
  const known = new Map(issues.map((row) => [row.fingerprint, row]));
  const noted = new Map(notes.map((row) => [row.fingerprint, Number(row.count)]));
  return (fingerprint) => {
    const row = said.get(fingerprint);
    const issue = known.get(fingerprint);
    const state = row?.state ?? null;
    return {
      state: stateOf(state ?? issue?.state ?? null),
      by: state !== null ? 'person' : issue !== undefined ? 'issue' : 'nobody',
      link: row?.link ?? issue?.link ?? null,
      fixedIn: row?.fixed_in ?? null,
      owner: row?.name ?? null,
      changedMs: row === undefined ? null : Number(row.changed_ms),
      notes: noted.get(fingerprint) ?? 0,
      issue: issue === undefined ? null : { number: issue.number, title: issue.title, link: issue.link },
    };
  };
}
