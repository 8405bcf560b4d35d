/** Out of the view: links the server answers, and tables the page writes itself. */
import { Menu } from '@mantine/core';
import { useState } from 'react';
import { report } from '../report/embedded-report.ts';

export interface Download {
  readonly label: string;
  readonly hint?: string;
  /** An address to open, or what to write when chosen. */
  readonly href?: string;
  readonly file?: { readonly name: string; readonly type: string; readonly write: () => Promise<BlobPart> | BlobPart };
}

export async function saveFile(name: string, type: string, content: BlobPart): Promise<void> {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The click has only started the download.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** In a report file there is no server to answer a link. */
function offered(items: readonly Download[]): readonly Download[] {
  return report === null ? items : items.filter((item) => item.href === undefined);
}

export function DownloadMenu({ items, label = 'Export' }: { items: readonly Download[]; label?: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <Menu position="bottom-end" shadow="none" classNames={{ dropdown: 'pop' }} withinPortal>
      <Menu.Target>
        <button type="button" className="btn no-print" title={problem ?? undefined}>
          {problem === null ? label : `${label}: failed`} <span aria-hidden="true">▾</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered(items).map((item) => {
          const text = (
            <>
              {item.label}
              {item.hint === undefined ? null : <span className="muted"> {item.hint}</span>}
            </>
          );
          if (item.href !== undefined) {
            return (
              <Menu.Item key={item.label} component="a" href={item.href} download>
                {text}
              </Menu.Item>
            );
          }
          return (
            <Menu.Item
              key={item.label}
              onClick={() => {
                const { file } = item;
                if (file === undefined) return;
                setProblem(null);
                Promise.resolve(file.write())
                  .then((content) => saveFile(file.name, file.type, content))
                  .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
              }}
            >
              {text}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
