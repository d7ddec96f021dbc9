import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The server sends these as they are: at its best brotli is too slow to be done on request. */
const precompress = {
  name: 'precompress',
  apply: 'build' as const,
  writeBundle(options: { dir?: string }, bundle: Record<string, { type: string }>) {
    for (const [name, file] of Object.entries(bundle)) {
      if (!/\.(html|js|css|svg|json|wasm)$/.test(name)) continue;
      const part = file as { type: string; code?: string; source?: string | Uint8Array };
      const content = Buffer.from((part.type === 'chunk' ? part.code : part.source) ?? '');
      const path = join(options.dir ?? 'dist', name);
      writeFileSync(`${path}.br`, brotliCompressSync(content));
      writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [svelte(), precompress],
  // Chrome 141, Firefox 136: the oldest with everything that sealed media needs.
  build: {
    target: ['chrome141', 'firefox136', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
