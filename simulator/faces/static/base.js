// What every face imports: `import { api, h, live, t } from "./base.js"`.  Also runs the top bar.
export { api, picked } from "./network.js";
export { avatar, clear, h, svg, toast, unheld } from "./dom.js";
export { english, t } from "./language.js";
export { lineTried, live } from "./live.js";
export { clock, moment, stamp } from "./moments.js";

import { startBar } from "./topbar.js";

startBar();
