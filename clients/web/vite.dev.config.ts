/** Serves `dev/`, the page for looking at the viewer and the element. */
import { defineConfig } from 'vite';

export default defineConfig({ root: 'dev', server: { fs: { allow: ['../../..'] } } });
