import { describe, expect, it } from 'vitest';
import { hostName, isAllowedHost, isLoopbackAddress, pageContentPolicy } from './security.ts';

const local = { host: '127.0.0.1', allowedHosts: [] };

describe('the Host header', () => {
  it.each([
    ['localhost:8080', 'localhost'],
    ['LOCALHOST', 'localhost'],
    ['[::1]:8080', '::1'],
    ['build.example.org.:80', 'build.example.org'],
    ['a b', null],
    ['evil.example@localhost', null],
    ['localhost:8080/x', null],
    ['', null],
  ])('%j is the host %j', (header, name) => {
    expect(hostName(header)).toBe(name);
  });

  it.each(['localhost:8080', '127.0.0.1', '127.3.2.1:1', '[::1]:9', 'x.localhost'])('takes %s', (header) => {
    expect(isAllowedHost(header, local)).toBe(true);
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', undefined])(
    'refuses %s on loopback',
    (header) => {
      expect(isAllowedHost(header, local)).toBe(false);
    },
  );

  it('takes its configured names and, when it listens to others, addresses', () => {
    const open = { host: '0.0.0.0', allowedHosts: ['Build.example.org'] };
    expect(isAllowedHost('build.example.org:8080', open)).toBe(true);
    expect(isAllowedHost('10.1.2.3:8080', open)).toBe(true);
    expect(isAllowedHost('evil.example:8080', open)).toBe(false);
    expect(isAllowedHost('farm:1', { host: 'farm', allowedHosts: [] })).toBe(true);
  });
});

describe('peers and pages', () => {
  it('knows loopback addresses', () => {
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].every(isLoopbackAddress)).toBe(true);
    expect(['10.0.0.1', '::ffff:10.0.0.1', '::', undefined].some(isLoopbackAddress)).toBe(false);
  });

  it('runs no inline script without the nonce', () => {
    const policy = pageContentPolicy('abc');
    expect(policy).toContain("script-src 'self' 'nonce-abc'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(policy).toContain("frame-ancestors 'none'");
  });
});
