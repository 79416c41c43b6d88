// Cesium is loaded by a script element of its own; `map/viewer.js` takes it from there.
import type * as Engine from "cesium";

declare global {
  interface Window {
    Cesium: typeof Engine;
    CESIUM_BASE_URL: string;
  }
}
