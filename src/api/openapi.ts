/**
 * The OpenAPI 3.1 document, made from the contract when somebody first asks: the running server carries no schemas of answers and does
 * not load swagger, which keeps its start short.
 */
import { ROUTES } from './routes/index.ts';
import type { RouteContext } from './routes/route.ts';

let made: Promise<string> | null = null;

async function make(version: string): Promise<string> {
  const [{ default: fastify }, { default: swagger }, { jsonSchemaTransform, validatorCompiler }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
    import('fastify-type-provider-zod'),
  ]);
  const app = fastify({ exposeHeadRoutes: false });
  app.setValidatorCompiler(validatorCompiler);
  // Nothing is sent through this instance: it only knows what the routes declare.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bakehouse',
        version,
        description: 'Build statistics of BitBake builds. Times are epoch milliseconds UTC; null is "not recorded".',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/api/v1' }],
    },
    transform: jsonSchemaTransform,
  });
  const context: RouteContext = {
    runner: {
      run: () => {
        throw new Error('the documented instance answers nothing');
      },
    },
    version,
    events: { subscribe: () => () => {} },
    authentication: {
      identify: async () => {},
      forget: () => {},
      onForgotten: () => {},
      offersSignIn: async () => false,
      setCookie: () => {},
    },
    publicUrl: null,
    activity: () => ({ watching: [], reading: null }),
    documented: true,
  };
  app.register(async (inner) => {
    for (const route of ROUTES) route(inner, context);
  });
  await app.ready();
  const text = JSON.stringify(app.swagger());
  await app.close();
  return text;
}

export function openApiDocument(version: string): Promise<string> {
  made ??= make(version);
  return made;
}
