import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true,
    // Elements are made one by one: the page's policy forbids innerHTML (Trusted Types).
    fragments: 'tree',
  },
};
