// Land and borders for maps, from Natural Earth (public domain) by the package world-atlas: writes land.json, in
// hundredths of a degree.
import { readFileSync, writeFileSync } from "node:fs";
import { geoIdentity } from "d3-geo";
import { geoProject } from "d3-geo-projection";
import { merge, mesh } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";

const EUROPE = [[-35, 25], [65, 75]];
const WORLD = [[-180, -60], [180, 84]];

function read(scale, detail) {
  const path = new URL(`node_modules/world-atlas/countries-${scale}.json`, import.meta.url);
  return simplify(presimplify(JSON.parse(readFileSync(path, "utf8"))), detail);
}

// Points, west to east and south to north, as one list of whole numbers; points that fall together are one.
function line(points) {
  const found = [];
  for (const [longitude, latitude] of points) {
    const [x, y] = [Math.round(longitude * 100), Math.round(latitude * 100)];
    if (found.at(-2) !== x || found.at(-1) !== y) found.push(x, y);
  }
  return found;
}

function layer(scale, detail, extent) {
  const topology = read(scale, detail);
  const countries = topology.objects.countries;
  const cut = geoIdentity().clipExtent(extent);
  const land = geoProject(merge(topology, countries.geometries), cut);
  const borders = geoProject(mesh(topology, countries, (one, other) => one !== other), cut);
  return {
    land: land.coordinates.flat().map(line).filter((ring) => ring.length >= 8),
    borders: borders.coordinates.map(line).filter((each) => each.length >= 4),
  };
}

const made = { europe: layer("50m", 0.004, EUROPE), world: layer("110m", 0.05, WORLD) };
writeFileSync(new URL("../src/clustergraph/charts/land.json", import.meta.url), JSON.stringify(made) + "\n");
