/** Mantine brings behaviour (menus, dialogs, focus); colours and sizes are ours. */
import { type CSSVariablesResolver, createTheme, localStorageColorSchemeManager } from '@mantine/core';

export const schemeManager = localStorageColorSchemeManager({ key: 'bakehouse-scheme' });

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '11px', sm: '13px', md: '13px', lg: '14px', xl: '18px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '20px', xl: '24px' },
  defaultRadius: 4,
  respectReducedMotion: true,
  cursorType: 'pointer',
});

const shared = {
  '--mantine-color-body': 'var(--bh-background)',
  '--mantine-color-text': 'var(--bh-ink)',
  '--mantine-color-dimmed': 'var(--bh-ink-muted)',
  '--mantine-color-default': 'var(--bh-background)',
  '--mantine-color-default-border': 'var(--bh-line-strong)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-anchor': 'var(--link)',
};
export const resolveVariables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
