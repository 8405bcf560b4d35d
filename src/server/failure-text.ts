/**
 * A failure in words, for who has no browser or no script: a terminal, a chat bot, a reader that switched scripts off. The same sentences as text and
 * as HTML. All of it was written by recipes and people somewhere: of text no control character is left that a terminal would obey, of HTML no
 * markup.
 */
import { plainText } from '../analysis/ansi.ts';
import type { FailureDetail, LogText } from '../api/contract.ts';
import { formatBytes, formatCount, formatUtc, NOT_RECORDED, plural, shortRevision } from '../model/format.ts';

/** Before and after the line that says why, in words; the whole log has an address of its own. */
export const LOG_AROUND_LINES = 100;
const LINE_CHARS_MAX = 400;
const TITLE_CHARS_MAX = 200;
const SEEN_NAMED = 5;

type Range = NonNullable<NonNullable<FailureDetail['blame']>['broke']>;
type End = Range['from'];

/** A fact of a failure: its name, and lines of words, some of which lead somewhere. */
interface Fact {
  readonly name: string;
  readonly lines: readonly (readonly Piece[])[];
}
type Piece = string | { readonly text: string; readonly to: string };

/** Addresses below the server's own, without its name. */
const buildPage = (id: string): string => `/buildstats/b/${id}`;
const failurePage = (of: string): string => `/buildstats/f/${of}`;

export function titleOf(failure: FailureDetail): string {
  const title = plainText(failure.title.replaceAll('\n', ' '));
  return title.length > TITLE_CHARS_MAX ? `${title.slice(0, TITLE_CHARS_MAX - 1)}…` : title;
}

/** What a chat shows below the title. */
export function describe(failure: FailureDetail): string {
  const { environment, seen } = failure;
  const where = [environment.machine, environment.distro, environment.builder, environment.host.distro];
  const parts = [
    where.filter((part) => part !== null).join(' · '),
    environment.startedMs === null ? '' : formatUtc(environment.startedMs),
    seen === null ? '' : seen.failures === 0 ? 'seen nowhere else' : `seen in ${plural(seen.builds, 'other build')}`,
    failure.blame?.fixed != null ? 'fixed since' : '',
  ];
  return plainText(parts.filter((part) => part !== '').join('; '));
}

function endOf({ build, failure, startedMs }: End): Piece {
  return { text: formatUtc(startedMs), to: failure === null ? buildPage(build) : failurePage(failure) };
}

function between(range: Range, from: string, to: string): (readonly Piece[])[] {
  const unchecked = range.unchecked === 0 ? '' : `, ${plural(range.unchecked, 'build')} between did not tell`;
  const lines: (readonly Piece[])[] = [
    ['between ', endOf(range.from), ` (${from}) and `, endOf(range.to), ` (${to})${unchecked}`],
  ];
  if (range.worth === 'not-recorded') lines.push(['the layers of one of them were not recorded']);
  if (range.worth === 'same-revisions') lines.push(['all layers are the same: configuration, host, network or chance']);
  if (range.otherHost === true) lines.push([`the two ran on ${range.from.hostDistro} and ${range.to.hostDistro}`]);
  for (const { name, change, from: a, to: b, link } of range.layers) {
    const words =
      change === 'moved' ? `${shortRevision(a)}..${shortRevision(b)}` : `${change} ${shortRevision(b ?? a)}`;
    lines.push([`${name} `, link === null ? words : { text: words, to: link }]);
  }
  return lines;
}

/** The revision, what builds of others say of it, and what to type. */
function triedNext(
  { between, middle, commands }: NonNullable<FailureDetail['next']>,
  broke: Range | null,
): (readonly Piece[])[] {
  const lines: (readonly Piece[])[] = [];
  if (broke?.otherHost === true)
    lines.push([
      `the newer revisions on ${broke.from.hostDistro} first: if they pass there, it is the host and no commit`,
    ]);
  if (middle === null) lines.push(['no build here had a revision between the two']);
  else {
    const which = between === 1 ? 'the one revision' : `the middle of ${plural(between, 'revision')}`;
    const revisions = middle.layers.flatMap(({ name, commit, link }, i): Piece[] => [
      i === 0 ? `${name} ` : `, ${name} `,
      link === null ? shortRevision(commit) : { text: shortRevision(commit), to: link },
    ]);
    lines.push([...revisions, `: ${which} between that builds here had, by an estimate of their order`]);
    if (middle.told.length === 0) lines.push(['no build of it executed the task']);
    for (const { build, startedMs, failure, machine, distro } of middle.told)
      lines.push([
        failure === null ? 'passed there for ' : 'failed there for ',
        [machine, distro].filter((part) => part !== null).join(' ') || NOT_RECORDED,
        ' ',
        endOf({ build, startedMs, failure, hostDistro: null }),
      ]);
  }
  for (const { layers, command } of commands) lines.push([`${layers.join(', ')}: ${command}`]);
  return lines;
}

function facts(failure: FailureDetail): Fact[] {
  const { environment, fingerprint, seen, blame, next, fixedElsewhere, lastSucceeded, layers } = failure;
  const { host } = environment;
  const told = (...parts: (string | null)[]): string =>
    parts.filter((part) => part !== null && part !== '').join(' ') || NOT_RECORDED;
  const list: Fact[] = [
    { name: 'When', lines: [[formatUtc(environment.startedMs)]] },
    { name: 'Machine', lines: [[told(environment.machine)]] },
    { name: 'Distro', lines: [[told(environment.distro, environment.distroVersion)]] },
    { name: 'Target', lines: [[told(...(environment.targets ?? []))]] },
    { name: 'Builder', lines: [[told(environment.builder)]] },
    { name: 'Host', lines: [[told(host.distro, host.arch, host.cores === null ? null : plural(host.cores, 'core'))]] },
    { name: 'BitBake', lines: [[told(environment.bitbakeVersion)]] },
    { name: 'Build', lines: [[environment.outcome, ' ', { text: environment.name, to: buildPage(failure.build) }]] },
  ];
  if (fingerprint !== null) {
    const side = fingerprint.infrastructure ? 'of the machine or network' : 'of the source';
    list.push({ name: 'Kind', lines: [[`${fingerprint.class}, ${side}; fingerprint ${fingerprint.hash}`]] });
  }
  if (seen === null) list.push({ name: 'Seen before', lines: [['its words were not looked at yet']] });
  else if (seen.failures === 0) list.push({ name: 'Seen before', lines: [['in no other build that is here']] });
  else
    list.push({
      name: 'Seen before',
      lines: [
        [
          `in ${plural(seen.builds, 'other build')}, ${plural(seen.machineCount, 'machine')}, ${plural(seen.builderCount, 'builder')}; ` +
            `first ${formatUtc(seen.firstMs)}, last ${formatUtc(seen.lastMs)}`,
        ],
        ...seen.newest
          .slice(0, SEEN_NAMED)
          .map((one): readonly Piece[] => [
            { text: formatUtc(one.startedMs), to: failurePage(one.failure) },
            ` ${told(one.machine, one.branch, one.builder, one.hostDistro)}`,
          ]),
      ],
    });
  if (blame !== null)
    list.push({
      name: 'Broke',
      lines:
        blame.broke === null
          ? [['before anything that is here: the first failure is of ', endOf(blame.firstFailure)]]
          : between(blame.broke, 'passed', 'failed'),
    });
  if (next !== null) list.push({ name: 'Try next', lines: triedNext(next, blame?.broke ?? null) });
  if (blame?.fixed != null) list.push({ name: 'Fixed', lines: between(blame.fixed, 'failed', 'passed') });
  else if (fixedElsewhere !== null)
    list.push({
      name: 'Fixed',
      lines: [['not in this configuration; in another one'], ...between(fixedElsewhere, 'failed', 'passed')],
    });
  else if (blame !== null) list.push({ name: 'Fixed', lines: [['not yet: no build since executed it and passed']] });
  if (blame !== null && blame.late > 0)
    list.push({
      name: 'Order',
      lines: [
        [
          `estimated from when revisions were first built here: ${plural(blame.late, 'build')} ` +
            `${blame.late === 1 ? 'was' : 'were'} made of older ones than a build before`,
        ],
      ],
    });
  for (const [name, success] of [
    ['Built last', lastSucceeded?.here],
    ['Elsewhere', lastSucceeded?.elsewhere],
  ] as const) {
    if (success === undefined) continue;
    list.push({
      name,
      lines: [
        success === null
          ? ['never']
          : [
              { text: formatUtc(success.startedMs), to: buildPage(success.build) },
              ` ${told(success.version, success.machine, success.branch, success.hostDistro, success.builder)}`,
            ],
      ],
    });
  }
  list.push({
    name: 'Layers',
    lines:
      layers.length === 0
        ? [[NOT_RECORDED]]
        : layers.map(({ name, branch, commit, modified, link }) => [
            `${told(name, branch)} `,
            link === null ? shortRevision(commit) : { text: shortRevision(commit), to: link },
            modified === true ? ' modified' : '',
          ]),
  });
  return list;
}

/** Lines of a log with their numbers. */
function numbered(lines: readonly string[], from: number | null, at: number | null): string[] {
  const digits = from === null ? 0 : String(from + lines.length).length;
  return lines.map((line, i) => {
    const number = from === null ? '' : `${String(from + i).padStart(digits)} `;
    return `${i === at ? '>' : ' '} ${number} ${plainText(line).slice(0, LINE_CHARS_MAX)}`.trimEnd();
  });
}

function logLines(part: LogText): readonly string[] {
  return part.text.replace(/\n$/, '').split('\n');
}

function logAbout(failure: FailureDetail, part: LogText): string {
  const whole = part.from === 1 && part.to === part.lines;
  const of = part.lines === null ? '' : ` of ${formatCount(part.lines)}`;
  const what = whole ? `all ${plural(part.lines ?? 0, 'line')}` : `lines ${part.from} to ${part.to}${of}`;
  return `Log, ${what}${failure.log.missing === null ? `, ${formatBytes(failure.log.bytes)}` : ''}`;
}

/** `base`: the server's own address, so that what is pasted leads back. `rawLog`: of the whole log. */
export function failureText(
  failure: FailureDetail,
  part: LogText | null,
  { base, rawLog }: { readonly base: string; readonly rawLog: string | null },
): string {
  const whole = (to: string): string => (to.startsWith('/') ? base + to : to);
  const lines: string[] = [titleOf(failure), whole(`/f/${failure.id}`), ''];
  if (failure.around !== null)
    lines.push(...numbered(failure.around.lines, failure.around.from, failure.around.at), '');
  else if (failure.cause !== null) lines.push(...failure.cause.split('\n').map(plainText), '');
  for (const { name, lines: told } of facts(failure))
    for (const [i, pieces] of told.entries())
      lines.push(
        `${(i === 0 ? name : '').padEnd(12)} ${pieces
          .map((piece) => plainText(typeof piece === 'string' ? piece : `${piece.text} <${whole(piece.to)}>`))
          .join('')}`.trimEnd(),
      );
  lines.push('');
  if (part === null)
    lines.push(failure.log.missing === null ? 'The log could not be read.' : plainText(failure.log.missing));
  else {
    lines.push(rawLog === null ? logAbout(failure, part) : `${logAbout(failure, part)}: ${whole(rawLog)}`, '');
    const at = failure.causeLine === null ? null : failure.causeLine - part.from;
    lines.push(...numbered(logLines(part), part.from, at));
  }
  return `${lines.join('\n')}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c]!);
}

/** Only what was made here or by the table of well-known repositories is an address. */
function anchor({ text, to }: { readonly text: string; readonly to: string }): string {
  const words = escapeHtml(plainText(text));
  return /^(?:\/(?!\/)|https?:\/\/)/.test(to) ? `<a href="${escapeHtml(to)}" rel="noreferrer">${words}</a>` : words;
}

/** What stands in the head of the page: for chat bots, and for the tab before the page is drawn. */
export function failureHead(failure: FailureDetail, address: string | null): string {
  const title = escapeHtml(titleOf(failure));
  const about = escapeHtml(describe(failure));
  const meta = [
    ['og:type', 'article'],
    ['og:site_name', 'Bakehouse'],
    ['og:title', title],
    ['og:description', about],
    ...(address === null ? [] : [['og:url', escapeHtml(address)]]),
  ].map(([property, content]) => `<meta property="${property}" content="${content}">`);
  return [
    `<title>${title} · Bakehouse</title>`,
    `<meta name="description" content="${about}">`,
    '<meta name="twitter:card" content="summary">',
    ...(failure.visibility === 'public' ? [] : ['<meta name="robots" content="noindex">']),
    ...meta,
  ].join('\n    ');
}

/** The page without a script. */
export function failureHtml(failure: FailureDetail, part: LogText | null, rawLog: string | null): string {
  const { around, cause } = failure;
  const why = (text: string): string => `<strong>${escapeHtml(plainText(text))}</strong>`;
  const block =
    around !== null
      ? `<pre class="cause">${around.lines
          .map((line, i) => (i === around.at ? why(line) : escapeHtml(plainText(line))))
          .join('\n')}</pre>`
      : cause !== null
        ? `<pre class="cause">${cause.split('\n').map(why).join('\n')}</pre>`
        : '<p>Why is not recorded.</p>';
  const rows = facts(failure).map(
    ({ name, lines }) =>
      `<tr><th scope="row" valign="top">${name}&nbsp;</th><td>${lines
        .map((pieces) =>
          pieces.map((piece) => (typeof piece === 'string' ? escapeHtml(plainText(piece)) : anchor(piece))).join(''),
        )
        .join('<br>')}</td></tr>`,
  );
  const log =
    part === null
      ? `<p>${escapeHtml(failure.log.missing ?? 'The log could not be read.')}</p>`
      : `<p>${escapeHtml(logAbout(failure, part))}${rawLog === null ? '' : `: ${anchor({ text: 'all of it', to: rawLog })}`}</p><pre>${logLines(
          part,
        )
          .map((line, i) => {
            const number = part.from + i;
            const text = escapeHtml(plainText(line).slice(0, LINE_CHARS_MAX));
            const shown = number === failure.causeLine ? `<strong>${text}</strong>` : text;
            return `<a id="L${number}" href="#L${number}">${number}</a> ${shown}`;
          })
          .join('\n')}</pre>`;
  return `<h1>${escapeHtml(titleOf(failure))}</h1>${block}<table>${rows.join('')}</table><h2>Log</h2>${log}`;
}
