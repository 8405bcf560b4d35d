// Before the first paint, and as a file of its own so that no inline script is needed: light or dark as chosen, else as the system says.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('bakehouse-scheme');
  } catch (_storageForbidden) {
    chosen = null;
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const scheme = chosen === 'light' || chosen === 'dark' ? chosen : dark ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
})();
