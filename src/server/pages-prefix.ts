/** Where the pages are. In a file of its own, that imports nothing: words that are made when a module is loaded need it before all else. */
export const PAGES_PREFIX = '/buildstats';
