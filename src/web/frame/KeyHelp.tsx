/** The keys that work now, from the registry that makes them work. */
import { Modal } from '@mantine/core';
import { type Command, keyCaps, useAllCommands } from '../state/commands.ts';
import styles from './KeyHelp.module.css';

export function KeyHelp({ close }: { close: () => void }) {
  const all = useAllCommands();
  const groups = new Map<string, Command[]>();
  const taken = new Set<string>();
  for (const command of all) {
    // Of two commands with one key the first has it: the page's before the frame's.
    const keys = (command.keys ?? []).filter((key) => !taken.has(key));
    for (const key of keys) taken.add(key);
    if (keys.length === 0) continue;
    const group = groups.get(command.group) ?? [];
    group.push({ ...command, keys });
    groups.set(command.group, group);
  }
  // The page's own first; what works everywhere last.
  const ordered = [...groups].sort((a, b) => Number(a[0] === 'Everywhere') - Number(b[0] === 'Everywhere'));
  return (
    <Modal
      opened
      onClose={close}
      title="Keys"
      closeButtonProps={{ 'aria-label': 'Close', icon: <span aria-hidden="true">✕</span> }}
      size={820}
      transitionProps={{ duration: 0 }}
    >
      <div className={styles.groups}>
        {ordered.map(([group, commands]) => (
          <section key={group}>
            <h2>{group}</h2>
            <table className={styles.keys} aria-label={group}>
              <tbody>
                {commands.map((command) => (
                  <tr key={command.id}>
                    <td>
                      {command.keys!.map((keys, i) => (
                        <span key={keys}>
                          {i > 0 ? <span className="muted"> or </span> : null}
                          {keyCaps(keys).map((cap) => (
                            <kbd key={cap} className="kbd">
                              {cap}
                            </kbd>
                          ))}
                        </span>
                      ))}
                    </td>
                    <td>{command.label}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
    </Modal>
  );
}
