// The scripts of the pages, each in one file, and the licences of the packages that are in them.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const HERE = new URL(".", import.meta.url);
const STATIC = new URL("../src/clustergraph/web/static/", HERE);

const { metafile } = await build({
  absWorkingDir: HERE.pathname,
  entryPoints: { page: "page/main.ts", workbench: "workbench/main.ts" },
  outdir: STATIC.pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
});

const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
const packages = new Set(inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));

function licence(name) {
  const folder = new URL(`node_modules/${name}/`, HERE);
  const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(new URL("LICENSE", folder), "utf8").trim()}\n`;
}

const head = "The scripts here hold parts of these packages, which are under licences of their own.\n";
writeFileSync(new URL("licences.txt", STATIC), [head, ...[...packages].sort().map(licence)].join("\n\n"));
