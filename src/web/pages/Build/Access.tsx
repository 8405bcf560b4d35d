/** What the owner of a build, and admins, change of it: who sees it, whether it is kept, that it goes. */
import { Menu, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { BuildDetail, Visibility } from '../../../api/contract.ts';
import { ErrorNote } from '../../components/Notes.tsx';
import { VISIBILITY_WORDS } from '../../components/VisibilityMark.tsx';
import { client, queryClient } from '../../state/api.ts';
import { buildTitle } from '../build-title.ts';

const CHOICES: readonly Visibility[] = ['public', 'unlisted', 'private'];

/** Visibility, pin and deletion, for who may. */
export function AccessMenu({ build }: { build: BuildDetail }) {
  const { access } = build;
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const again = async (): Promise<void> => {
    await queryClient.invalidateQueries({ queryKey: ['build'] });
    await queryClient.invalidateQueries({ queryKey: ['builds'] });
  };
  const change = useMutation({ mutationFn: (run: () => Promise<object>) => run(), onSuccess: again });
  const remove = useMutation({
    mutationFn: () => client.deleteBuild(build.id),
    onSuccess: async () => {
      await navigate({ to: '/', search: {} });
      queryClient.removeQueries({ queryKey: ['build', build.id] });
      await queryClient.invalidateQueries();
    },
  });
  if (!access.mayChange) return null;
  return (
    <>
      <Menu position="bottom-end" shadow="none" classNames={{ dropdown: 'pop' }}>
        <Menu.Target>
          <button type="button" className="btn" title="Who sees this build; keep it, delete it">
            {VISIBILITY_WORDS[access.visibility].label}
            {access.pinned ? ', kept' : ''} <span aria-hidden="true">▾</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {CHOICES.map((visibility) => (
            <Menu.Item key={visibility} onClick={() => change.mutate(() => client.setVisibility(build.id, visibility))}>
              <span aria-hidden="true">{access.visibility === visibility ? '● ' : '○ '}</span>
              {VISIBILITY_WORDS[visibility].label} <span className="muted">{VISIBILITY_WORDS[visibility].who}</span>
              {access.visibility === visibility ? <span className="hidden-text"> (as it is now)</span> : null}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => change.mutate(() => client.pinBuild(build.id, !access.pinned))}>
            <span aria-hidden="true">{access.pinned ? '☑ ' : '☐ '}</span>
            keep <span className="muted">whatever its age</span>
            {access.pinned ? <span className="hidden-text"> (as it is now)</span> : null}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => setDeleting(true)}>
            <span className="bad">Delete the build …</span>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {change.isError ? (
        <Modal opened onClose={() => change.reset()} title="It is as it was" centered>
          <ErrorNote error={change.error} what="The build was not changed" />
        </Modal>
      ) : null}
      <Modal
        opened={deleting}
        onClose={() => setDeleting(false)}
        title="Delete this build?"
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <p>
          <strong>{buildTitle(build)}</strong>, {build.name}
          {access.owner === null ? '' : `, of ${access.owner}`}, with its tasks, samples and logs. It cannot be brought
          back from here; the machine that built it may still have its record.
        </p>
        {remove.isError ? <ErrorNote error={remove.error} what="The build was not deleted" /> : null}
        <div className="row" style={{ marginTop: 16, justifyContent: 'flex-end' }}>
          <button type="button" className="btn" onClick={() => setDeleting(false)} data-autofocus>
            Cancel
          </button>
          <button type="button" className="btn primary" disabled={remove.isPending} onClick={() => remove.mutate()}>
            Delete
          </button>
        </div>
      </Modal>
    </>
  );
}
