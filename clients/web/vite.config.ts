/** Builds one ES module a mode: the browser bundle with three.js, the SDK core, the audio worklet.
 *
 * The worklet is a file of its own, so that a page needs neither `blob:` nor `data:` in its CSP; so is what only machines
 * without a graphics card load.
 */
import { defineConfig } from 'vite';

const ENTRIES: Readonly<Record<string, string>> = {
  visavis: 'src/index.ts',
  sdk: 'src/sdk.ts',
  'player-worklet': 'src/audio/player-worklet.ts',
};

export default defineConfig(({ mode }) => ({
  build: {
    lib: { entry: ENTRIES[mode] ?? 'src/index.ts', formats: ['es'], fileName: () => `${mode}.js` },
    target: 'es2022',
    emptyOutDir: mode === 'visavis',
    copyPublicDir: false,
    // Vite leaves the white space of libraries alone; these files go to browsers as they are.
    rolldownOptions: { output: { minify: true, chunkFileNames: '[name].js' } },
  },
}));
