// Reads a tileset with CesiumJS, in a page: {url, rays} to {tiles, features, picked}.
window.read = async ({ url, rays }) => {
  Cesium.Ion.defaultAccessToken = "";
  const viewer = new Cesium.Viewer("map", {
    baseLayer: false, baseLayerPicker: false, geocoder: false, globe: false, animation: false, timeline: false,
    skyBox: false, skyAtmosphere: false, homeButton: false, infoBox: false, sceneModePicker: false,
    navigationHelpButton: false, fullscreenButton: false, selectionIndicator: false, useDefaultRenderLoop: false,
  });
  const { scene, camera } = viewer;
  const tileset = scene.primitives.add(await Cesium.Cesium3DTileset.fromUrl(url, {
    maximumScreenSpaceError: 0.001, dynamicScreenSpaceError: false, skipLevelOfDetail: false,
  }));
  const visible = new Set();
  tileset.tileVisible.addEventListener((tile) => visible.add(tile));
  const show = async () => {
    for (let still = 0; still < 3; ) {
      visible.clear();
      scene.render();
      await new Promise((done) => setTimeout(done, 10));
      still = tileset.tilesLoaded && visible.size ? still + 1 : 0;
    }
  };
  const lookDown = ([origin, direction], metres) => camera.setView({
    destination: Cesium.Cartesian3.fromArray(origin.map((value, i) => value - metres * direction[i])),
    orientation: { direction: Cesium.Cartesian3.fromArray(direction), up: camera.up },
  });
  lookDown(rays[0], 8000);
  await show();
  const features = [];
  for (const { content } of visible) {
    for (let row = 0; row < content.featuresLength; row++) {
      const feature = content.getFeature(row);
      features.push(Object.fromEntries(feature.getPropertyIds().map((name) => [name, feature.getProperty(name)])));
    }
  }
  const tiles = visible.size;
  const picked = [];
  const middle = new Cesium.Cartesian2(scene.canvas.clientWidth / 2, scene.canvas.clientHeight / 2);
  camera.frustum.fov = 0.002; // a pixel is a few millimetres: the ray and nothing beside it
  for (const ray of rays) {
    lookDown(ray, 0);
    await show();
    picked.push(scene.pick(middle)?.getProperty("id") ?? null);
  }
  return { tiles, features, picked };
};
