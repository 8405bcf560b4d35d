/** Addresses -> pages. A page and what only it needs is a chunk of its own; its search parameters are read here, once, into types. */
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { EmptyNote, ErrorNote } from './components/Notes.tsx';
import { Frame } from './frame/Frame.tsx';
import { chartSearch } from './pages/Build/chart/chart-search.ts';
import { configSearch, problemsSearch, recipesSearch, tasksSearch, testsSearch } from './pages/Build/search.ts';
import { buildsSearch } from './pages/Builds/search.ts';
import { compareSearch } from './pages/Compare/search.ts';
import { cubeSearch } from './pages/Cube/search.ts';
import { exploreSearch } from './pages/Explore/search.ts';
import { failureSearch } from './pages/Failure/search.ts';
import { failuresSearch } from './pages/Failures/search.ts';
import { matrixSearch } from './pages/Matrix/search.ts';
import { qaSearch } from './pages/QA/search.ts';
import { recipeSearch } from './pages/Recipe/search.ts';
import { recipeRunsSearch } from './pages/RecipeRuns/search.ts';
import { recipesSearch as allRecipesSearch } from './pages/Recipes/search.ts';
import { searchSearch } from './pages/Search/search.ts';
import { testingSearch } from './pages/Testing/search.ts';
import { waterfallSearch } from './pages/Waterfall/search.ts';
import { report } from './report/embedded-report.ts';
import { buildQuery, failureQuery, queryClient } from './state/api.ts';
import { parseSearch, stringifySearch } from './state/search.ts';

const root = createRootRoute({ component: Frame });

export const buildsRoute = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: buildsSearch,
  component: lazyRouteComponent(() => import('./pages/Builds/Builds.tsx'), 'Builds'),
});

export const buildRoute = createRoute({
  getParentRoute: () => root,
  path: '/b/$id',
  loader: ({ params }) => {
    // Asked for while the page's own code is still on its way; what goes wrong is shown by the page.
    void queryClient.prefetchQuery(buildQuery(params.id));
  },
  component: lazyRouteComponent(() => import('./pages/Build/Build.tsx'), 'Build'),
});

const buildStartRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/b/$id/chart', params, replace: true });
  },
});

export const chartRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: 'chart',
  validateSearch: chartSearch,
  component: lazyRouteComponent(() => import('./pages/Build/chart/ChartTab.tsx'), 'ChartTab'),
});

export const tasksRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: 'tasks',
  validateSearch: tasksSearch,
  component: lazyRouteComponent(() => import('./pages/Build/tasks/Tasks.tsx'), 'Tasks'),
});

export const recipesRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: 'recipes',
  validateSearch: recipesSearch,
  component: lazyRouteComponent(() => import('./pages/Build/recipes/Recipes.tsx'), 'Recipes'),
});

export const testsRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: 'tests',
  validateSearch: testsSearch,
  component: lazyRouteComponent(() => import('./pages/Build/tests/Tests.tsx'), 'Tests'),
});

export const configRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: 'config',
  validateSearch: configSearch,
  component: lazyRouteComponent(() => import('./pages/Build/config/Config.tsx'), 'Config'),
});

export const problemsRoute = createRoute({
  getParentRoute: () => buildRoute,
  path: 'problems',
  validateSearch: problemsSearch,
  component: lazyRouteComponent(() => import('./pages/Build/problems/Problems.tsx'), 'Problems'),
});

export const compareRoute = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import('./pages/Compare/Compare.tsx'), 'Compare'),
});

export const exploreRoute = createRoute({
  getParentRoute: () => root,
  path: '/explore',
  validateSearch: exploreSearch,
  component: lazyRouteComponent(() => import('./pages/Explore/Explore.tsx'), 'Explore'),
});

export const waterfallRoute = createRoute({
  getParentRoute: () => root,
  path: '/waterfall',
  validateSearch: waterfallSearch,
  component: lazyRouteComponent(() => import('./pages/Waterfall/Waterfall.tsx'), 'Waterfall'),
});

export const allRecipesRoute = createRoute({
  getParentRoute: () => root,
  path: '/recipes',
  validateSearch: allRecipesSearch,
  component: lazyRouteComponent(() => import('./pages/Recipes/Recipes.tsx'), 'Recipes'),
});

export const recipeRoute = createRoute({
  getParentRoute: () => root,
  path: '/recipes/$pn',
  validateSearch: recipeSearch,
  component: lazyRouteComponent(() => import('./pages/Recipe/Recipe.tsx'), 'Recipe'),
});

export const qaRoute = createRoute({
  getParentRoute: () => root,
  path: '/qa',
  validateSearch: qaSearch,
  component: lazyRouteComponent(() => import('./pages/QA/QA.tsx'), 'QA'),
});

export const failuresRoute = createRoute({
  getParentRoute: () => root,
  path: '/failures',
  validateSearch: failuresSearch,
  component: lazyRouteComponent(() => import('./pages/Failures/Failures.tsx'), 'Failures'),
});

export const failureRoute = createRoute({
  getParentRoute: () => root,
  path: '/f/$failure',
  validateSearch: failureSearch,
  loader: ({ params }) => {
    void queryClient.prefetchQuery(failureQuery(params.failure));
  },
  component: lazyRouteComponent(() => import('./pages/Failure/Failure.tsx'), 'Failure'),
});

export const matrixRoute = createRoute({
  getParentRoute: () => root,
  path: '/matrix',
  validateSearch: matrixSearch,
  component: lazyRouteComponent(() => import('./pages/Matrix/Matrix.tsx'), 'Matrix'),
});

export const testingRoute = createRoute({
  getParentRoute: () => root,
  path: '/testing',
  validateSearch: testingSearch,
  component: lazyRouteComponent(() => import('./pages/Testing/Testing.tsx'), 'Testing'),
});

export const cubeRoute = createRoute({
  getParentRoute: () => root,
  path: '/cube',
  validateSearch: cubeSearch,
  component: lazyRouteComponent(() => import('./pages/Cube/Cube.tsx'), 'Cube'),
});

export const recipeRunsRoute = createRoute({
  getParentRoute: () => root,
  path: '/recipe-runs',
  validateSearch: recipeRunsSearch,
  component: lazyRouteComponent(() => import('./pages/RecipeRuns/RecipeRuns.tsx'), 'RecipeRuns'),
});

export const searchRoute = createRoute({
  getParentRoute: () => root,
  path: '/search',
  validateSearch: searchSearch,
  component: lazyRouteComponent(() => import('./pages/Search/Search.tsx'), 'Search'),
});

export const signInRoute = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./pages/SignIn/SignIn.tsx'), 'SignIn'),
});

export const accountRoute = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/Account/Account.tsx'), 'Account'),
});

export const adminRoute = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  component: lazyRouteComponent(() => import('./pages/Admin/Admin.tsx'), 'Admin'),
});

/** What browsers and the loader say where the code of a page does not come; they remember it until the page is loaded anew. */
const NOT_LOADED = /dynamically imported module|importing a module script failed|preload CSS/i;

export const router = createRouter({
  routeTree: root.addChildren([
    buildsRoute,
    buildRoute.addChildren([
      buildStartRoute,
      chartRoute,
      tasksRoute,
      recipesRoute,
      configRoute,
      problemsRoute,
      testsRoute,
    ]),
    compareRoute,
    exploreRoute,
    failuresRoute,
    waterfallRoute,
    allRecipesRoute,
    recipeRoute,
    failureRoute,
    matrixRoute,
    testingRoute,
    cubeRoute,
    recipeRunsRoute,
    searchRoute,
    qaRoute,
    signInRoute,
    accountRoute,
    adminRoute,
  ]),
  // A report file is opened from a disk: its addresses live behind the #.
  ...(report === null ? { basepath: '/buildstats' } : { history: createHashHistory() }),
  parseSearch,
  stringifySearch,
  // `@last` and `gtk+3` are written as they are, and the tab of the page knows itself in them.
  pathParamsAllowedCharacters: ['@', '+'],
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) =>
    error instanceof Error && NOT_LOADED.test(error.message) ? (
      <ErrorNote
        error="The server does not answer, or it is another version since this page was opened."
        what="This part of the page could not be loaded"
        retry={() => window.location.reload()}
      />
    ) : (
      <ErrorNote error={error} what="This page broke" retry={reset} />
    ),
  defaultNotFoundComponent: () => (
    <>
      <h1>No such page</h1>
      <EmptyNote title="There is no page at this address">
        <Link to="/" search={{}}>
          All builds
        </Link>
      </EmptyNote>
    </>
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
