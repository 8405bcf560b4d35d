import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { paletteCss } from './src/chart/palette.ts';

const PALETTE = 'virtual:palette.css';

/** The colours of src/chart/palette.ts as a style sheet: a file, so that no style has to be written into the page by a script. */
const palette: Plugin = {
  name: 'bakehouse-palette',
  resolveId: (id) => (id === PALETTE ? `\0${PALETTE}` : null),
  load: (id) => (id === `\0${PALETTE}` ? paletteCss() : null),
};

/** The page. In development `vite` serves it and asks a server that runs beside it; a release has the output inside. */
export default defineConfig({
  root: join(import.meta.dirname, 'src/web'),
  base: '/buildstats/',
  plugins: [palette, react()],
  build: {
    outDir: join(import.meta.dirname, 'dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    // Small files inlined as data: URLs would need a wider content security policy than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
