// What a page asks of WeChat through the JS-SDK (jweixin.js): scanning, pictures, places, sharing, closing.
import { api, t, toast } from "../base.js";
import { openMiniProgram } from "./cards.js";
import { choosePlace } from "./places.js";
import { choosePicture, pictureViewer } from "./pictures.js";
import { scan, settle } from "./scan.js";

const CANCELLED = { cancelled: true };

const CALLS = {
  scanQRCode: async ({ needResult }) => {
    const text = await scan({ asks: true });
    if (text === null) return CANCELLED;
    if (needResult) return { resultStr: text };
    settle(text);
    return {};
  },
  chooseImage: async ({ count = 9, sourceType = ["album", "camera"] }) => {
    const data = await choosePicture({ camera: sourceType.includes("camera"), album: sourceType.includes("album") });
    return data && count ? { localIds: [data], sourceType: "album", errMsg: "chooseImage:ok" } : CANCELLED;
  },
  uploadImage: async ({ localId, appId }) => {
    const answer = await api("phone/upload", { body: { data: String(localId), account: appId } });
    return { serverId: answer.media_id };
  },
  getLocation: async () => {
    const place = await choosePlace();
    return place ? { latitude: place.latitude, longitude: place.longitude, speed: -1, accuracy: 30 } : CANCELLED;
  },
  openLocation: async ({ name, address }) => { toast([name, address].filter(Boolean).join(" · ") || t("打开地图", "Map")); return {}; },
  previewImage: async ({ current, urls = [] }) => {
    const url = String(current || urls[0] || "");
    // A page may show its own pictures, not have the phone read the simulator's addresses.
    if (/^(https?:|data:image\/)/.test(url)) pictureViewer(url);
    return {};
  },
  closeWindow: async (_, page) => { page.close(); return {}; },
  share: async (facts, page) => { page.shared(facts); return {}; },
  launchMiniProgram: async ({ appid = "", path = "" }) => { openMiniProgram(String(appid), String(path)); return {}; },
};

export async function answer(name, args, page) {
  try {
    return Object.hasOwn(CALLS, name) ? await CALLS[name](args, page) : {};
  } catch (error) {
    toast(error.message, "bad");
    return { failed: error.message };
  }
}
