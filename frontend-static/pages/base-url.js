// Cesium reads this when it is loaded: where its workers and assets lie.
window.CESIUM_BASE_URL = "/static/vendor/cesium/";
