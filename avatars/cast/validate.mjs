// node validate.mjs FOLDER_OF_GLTF_VALIDATOR FILE...: Khronos' validator on each file; prints JSON, exits 1 on an error.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [validatorFolder, ...files] = process.argv.slice(2);
const validator = createRequire(import.meta.url)(join(validatorFolder, 'index.js'));
const results = {};
for (const file of files) {
  const { issues } = await validator.validateBytes(new Uint8Array(readFileSync(file)));
  results[file] = {
    errors: issues.numErrors,
    warnings: issues.numWarnings,
    messages: issues.messages.map(({ code, pointer }) => `${code} ${pointer ?? ''}`.trim()),
  };
}
console.log(JSON.stringify(results, null, 1));
process.exitCode = Object.values(results).some(({ errors }) => errors > 0) ? 1 : 0;
