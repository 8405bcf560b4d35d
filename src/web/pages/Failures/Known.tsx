/** What is known of a kind of failure, on the page of one of its failures: state, who said what, and the form. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { triageQuery } from '../../state/api.ts';
import { JournalList } from './Kind.tsx';
import { StateMark } from './State.tsx';
import { TriageForm } from './TriageForm.tsx';

export function Known({ fingerprint, crossHash }: { fingerprint: string; crossHash: string }) {
  const { data } = useQuery(triageQuery(fingerprint));
  // Only of builds that the reader finds in lists; of others nothing is known here.
  if (data === undefined) return null;
  return (
    <section aria-labelledby="known">
      <h2 id="known">What is known of it</h2>
      <p className="row">
        <StateMark state={data.state} />
        {data.state === 'fixed' && data.fixedIn !== null ? <span>in {data.fixedIn}</span> : null}
        {data.link === null ? null : (
          <a href={data.link} rel="noreferrer" className="cut" style={{ maxWidth: 260 }}>
            {data.link.replace(/^https?:\/\//, '')}
          </a>
        )}
        {data.issue === null ? null : <span className="muted">known issue "{data.issue.title}"</span>}
        {data.owner === null ? null : <span className="muted">owner {data.owner}</span>}
        <Link to="/failures" search={{ open: [crossHash] }}>
          Among all failures
        </Link>
      </p>
      <details style={{ marginTop: 6 }}>
        <summary>Say something of it</summary>
        <div style={{ maxWidth: 420, marginTop: 6 }}>
          <TriageForm fingerprints={[fingerprint]} word={data} />
        </div>
      </details>
      {data.journal.length === 0 ? null : <JournalList entries={data.journal} />}
    </section>
  );
}
