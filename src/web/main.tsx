import './styles.ts';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { report } from './report/embedded-report.ts';
import { router } from './router.tsx';
import { queryClient } from './state/api.ts';
import { listenForKeys } from './state/commands.ts';
import { resolveVariables, schemeManager, theme } from './theme.ts';

declare global {
  /** Where the scroll lock of dialogs looks for the nonce of the style element it writes. */
  var __webpack_nonce__: string | undefined;
}

// Written into the page by the server: Mantine's variables are a style element.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
if (nonce !== '') globalThis.__webpack_nonce__ = nonce;

listenForKeys(document);

// The router reads the address when it first draws, so where a report file opens is written before that.
if (report !== null && window.location.hash.length < 3) window.location.replace(`#${report.start}`);

const place = document.getElementById('page');
if (place === null) throw new Error('index.html has no #page');
createRoot(place).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveVariables}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
