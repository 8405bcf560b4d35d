/** Nothing in the store yet: three ways to have something to look at. */
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ServerInfo } from '../../../api/contract.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { ErrorNote } from '../../components/Notes.tsx';
import { client, queryClient } from '../../state/api.ts';
import styles from './Builds.module.css';

const INHERIT_LINE = 'INHERIT += "buildstats"';
const READ_COMMAND = 'npm start -- /path/to/build/tmp/buildstats';

export function FirstPage({ server }: { server: ServerInfo | undefined }) {
  const navigate = useNavigate();
  const sample = useMutation({
    mutationFn: () => client.addSample(),
    onSuccess: async ({ id }) => {
      await queryClient.invalidateQueries();
      await navigate({ to: '/b/$id', params: { id } });
    },
  });
  const watching = server?.watching ?? [];
  return (
    <div className={styles.first}>
      <h1>No builds yet</h1>
      <p>
        {watching.length === 0
          ? 'Bakehouse shows where BitBake builds are slow or hungry. It has not been given any build yet.'
          : `Watching ${watching.join(', ')}. Nothing readable has appeared there yet; builds come up here by themselves.`}
      </p>
      <ol className={styles.ways}>
        <li>
          <h2>Look around with sample builds</h2>
          <p className="muted">
            Three builds that come with Bakehouse, one of them failed, to see what the pages show.
          </p>
          <button
            type="button"
            className="btn primary"
            disabled={sample.isPending || server?.writable === false}
            onClick={() => sample.mutate()}
          >
            {sample.isPending ? 'Reading the sample builds …' : 'Add the sample builds'}
          </button>
          {server?.writable === false ? (
            <p className="muted">Only a browser on the machine of the server may write.</p>
          ) : null}
          {sample.isError ? <ErrorNote error={sample.error} what="The sample builds were not added" /> : null}
        </li>
        <li>
          <h2>Read builds you have</h2>
          <p className="muted">
            The buildstats directory of a build folder, a tar of one, or an event log; it is watched while the server
            runs. Needs no account and sends nothing anywhere.
          </p>
          <Line text={READ_COMMAND} what="command" />
        </li>
        <li>
          <h2>Let BitBake write them</h2>
          <p className="muted">
            One line in <code>conf/local.conf</code>. Poky&rsquo;s template has it already; builds made without it left
            no statistics.
          </p>
          <Line text={INHERIT_LINE} what="line" />
        </li>
      </ol>
    </div>
  );
}

function Line({ text, what }: { text: string; what: string }) {
  return (
    <div className={styles.line}>
      <code className="grow">{text}</code>
      <CopyButton text={text} what={what} label="Copy" />
    </div>
  );
}
