// Reads a tileset with 3d-tiles-renderer on three.js, in a page: {url, rays} to {tiles, features, picked}.
import * as THREE from "three";
import { TilesRenderer } from "3d-tiles-renderer/three";
import { ImplicitTilingPlugin } from "3d-tiles-renderer/src/core/plugins/ImplicitTilingPlugin.js";
import { GLTFExtensionsPlugin } from "3d-tiles-renderer/src/three/plugins/GLTFExtensionsPlugin.js";

window.read = async ({ url, rays }) => {
  const tiles = new TilesRenderer(url);
  tiles.registerPlugin(new GLTFExtensionsPlugin({ metadata: true, autoDispose: false }));
  tiles.registerPlugin(new ImplicitTilingPlugin());
  tiles.errorTarget = 0.001;
  const origin = new THREE.Vector3(...rays[0][0]);
  const down = new THREE.Vector3(...rays[0][1]);
  const camera = new THREE.PerspectiveCamera(80, 1, 1, 1e5);
  camera.position.copy(origin).addScaledVector(down, -8000);
  camera.up.set(0, 0, 1);
  camera.lookAt(origin);
  camera.updateMatrixWorld();
  tiles.setCamera(camera);
  tiles.setResolution(camera, 1000, 1000);
  const failed = [];
  tiles.addEventListener("load-error", ({ error }) => failed.push(String(error)));
  let still = 0;
  while (still < 20 && !failed.length) {
    tiles.update();
    await new Promise((done) => setTimeout(done, 20));
    const quiet = tiles.visibleTiles.size > 0 && tiles.loadProgress === 1 && !tiles.stats.downloading && !tiles.stats.parsing;
    still = quiet ? still + 1 : 0;
  }
  if (failed.length) throw new Error(failed.join(", "));
  tiles.group.updateMatrixWorld(true);
  const meshes = [];
  for (const tile of tiles.visibleTiles) tile.engineData.scene.traverse((one) => one.isMesh && meshes.push(one));
  const features = meshes.flatMap((mesh) => {
    const { structuralMetadata } = mesh.userData;
    const count = structuralMetadata.tableAccessors[0].count;
    return Array.from({ length: count }, (_, row) => ({ ...structuralMetadata.getPropertyTableData(0, row) }));
  });
  return { tiles: tiles.visibleTiles.size, features, picked: rays.map((ray) => pick(meshes, ray)) };
};

function pick(meshes, [origin, direction]) {
  const caster = new THREE.Raycaster(new THREE.Vector3(...origin), new THREE.Vector3(...direction));
  const [hit] = caster.intersectObjects(meshes, false);
  if (!hit) return null;
  const { meshFeatures, structuralMetadata } = hit.object.userData;
  const [row] = meshFeatures.getFeatures(hit.faceIndex, hit.barycoord);
  return structuralMetadata.getPropertyTableData(meshFeatures.getFeatureInfo()[0].propertyTable, row).id;
}
