/** Serves `dev/`, the page for looking at the viewer and the element, with the cast of the repository. */
import { defineConfig } from 'vite';

export default defineConfig({ root: 'dev', publicDir: '../../../static', server: { fs: { allow: ['../../..'] } } });
