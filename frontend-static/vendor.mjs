// Copies the prebuilt files that the pages load from node_modules into frontend-static/vendor/ (never committed).
// Run by `npm run vendor`, after `npm ci`. Quick when nothing changed: the folder carries the versions it was made from.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "node_modules");
const vendor = join(here, "vendor");

/** What is taken of each package: [from (in the package), to (in vendor/), keep this path?]. */
const TAKEN = {
  cesium: [["Build/Cesium", "cesium", (path) => !/(\/index\.(js|cjs)|\.map)$/.test(path)]],
  uplot: [
    ["dist/uPlot.esm.js", "uplot/uPlot.esm.js"],
    ["dist/uPlot.d.ts", "uplot/uPlot.esm.d.ts"],
    ["dist/uPlot.min.css", "uplot/uPlot.min.css"],
  ],
  earcut: [
    ["src/earcut.js", "earcut/earcut.js"],
    ["src/earcut.d.ts", "earcut/earcut.d.ts"],
  ],
  "@fontsource-variable/noto-sans-sc": [
    ["index.css", "noto-sans-sc/index.css"],
    ["files", "noto-sans-sc/files"],
  ],
};

/** The versions and licences of everything in vendor/, as JSON text. */
async function manifest() {
  const rows = {};
  for (const name of Object.keys(TAKEN)) {
    const { version, license } = JSON.parse(await readFile(join(modules, name, "package.json"), "utf8"));
    rows[name] = { version, license };
  }
  return `${JSON.stringify(rows, null, 2)}\n`;
}

const wanted = await manifest();
const found = await readFile(join(vendor, "versions.json"), "utf8").catch(() => "");
if (found === wanted) {
  console.log("frontend-static/vendor is up to date");
} else {
  await rm(vendor, { recursive: true, force: true });
  for (const [name, pieces] of Object.entries(TAKEN)) {
    for (const [from, to, keep] of pieces) {
      const target = join(vendor, to);
      await mkdir(dirname(target), { recursive: true });
      await cp(join(modules, name, from), target, { recursive: true, filter: keep ? (path) => keep(path) : undefined });
    }
  }
  // Written last: a copy that was broken off is made again.
  await writeFile(join(vendor, "versions.json"), wanted);
  console.log("frontend-static/vendor made");
}
