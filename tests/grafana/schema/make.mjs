// Makes dashboard.schema.json from @grafana/schema: `npm install && node make.mjs` in this folder.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const here = dirname(fileURLToPath(import.meta.url));
const source = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('@grafana/schema/package.json'), 'utf-8'));
const generator = createGenerator({
  path: join(here, 'shapes.ts'),
  type: '*',
  expose: 'none',
  topRef: false,
  skipTypeCheck: true,
  additionalProperties: false,
  jsDoc: 'none',
});
const names = [...readFileSync(join(here, 'shapes.ts'), 'utf-8').matchAll(/^export type (\w+)/gm)].map((match) => match[1]);
const definitions = Object.fromEntries(
  names.map((name) => {
    const { $schema, definitions: shared, ...shape } = generator.createSchema(name);
    if (Object.keys(shared ?? {}).length) throw new Error(`${name} refers to shared definitions`);
    return [name, shape];
  })
);
const made = {
  $comment: `Made by make.mjs from ${source.name} ${source.version}, (c) Grafana Labs, licence ${source.license}.`,
  $schema: 'http://json-schema.org/draft-07/schema#',
  definitions,
};
writeFileSync(join(here, 'dashboard.schema.json'), `${JSON.stringify(made, null, 1)}\n`);
