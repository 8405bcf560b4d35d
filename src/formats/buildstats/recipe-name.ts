/** PN, PE, PV and PR as split from PF. */
export interface RecipeName {
  readonly pn: string;
  readonly pe: string | null;
  readonly pv: string | null;
  readonly pr: string | null;
}

/**
 * Splits PF = PN-[PE_]PV-PR by upstream's rule (split_nevr of oe-core's buildstats.py), so that names agree with its tools:
 * PR is behind the last dash; the version begins at the last dash that a digit follows, else at the last dash.
 *
 *     alpha-2_1.2-r0     alpha, 2, 1.2, r0
 *     foo-1.0-rc1-r0     foo, -, 1.0-rc1, r0
 *     x-2021-03-04-r0    x-2021-03, -, 04, r0      wrong, as upstream; no rule can be certain
 *
 * Hence the result is a guess. What the rule does not split (`host_stats`, no dash) is PN whole.
 * Written without regular expressions: names come from anybody's directories, and the rule's backtrack on long ones.
 */
export function splitRecipeName(pf: string): RecipeName {
  const whole: RecipeName = { pn: pf, pe: null, pv: null, pr: null };
  if (/\s/.test(pf)) return whole;
  const revisionAt = pf.lastIndexOf('-');
  if (revisionAt < 0) return whole;
  const rest = pf.slice(0, revisionAt);
  const pr = pf.slice(revisionAt + 1);

  let dash = -1;
  for (let i = rest.length - 2; i > 0; i--) {
    if (rest.charCodeAt(i) === 45 && isDigit(rest.charCodeAt(i + 1))) {
      dash = i;
      break;
    }
  }
  // `foo-git`: no version that begins with a digit, so the last dash.
  if (dash < 0) dash = rest.lastIndexOf('-');
  if (dash <= 0 || dash === rest.length - 1) return whole;
  const pn = rest.slice(0, dash);
  let pv = rest.slice(dash + 1);
  let pe: string | null = null;
  let digits = 0;
  while (digits < 6 && isDigit(pv.charCodeAt(digits))) digits++;
  if (digits >= 1 && digits <= 5 && pv[digits] === '_' && isDigit(pv.charCodeAt(digits + 1))) {
    pe = pv.slice(0, digits);
    pv = pv.slice(digits + 1);
  }
  return { pn, pe, pv, pr };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
