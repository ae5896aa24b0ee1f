// WeChat's JS-SDK for pages in the simulator's phone, written from its documentation: enough of it for
// wx.config, sharing, scanning, pictures, places.  What a phone would only hide or show succeeds and does nothing.
(() => {
  const phone = window.__simulatedWeChat;
  const ready = [], failed = [];
  let outcome = null, allowed = [], appId = "", debug = false;

  const SHARING = ["updateAppMessageShareData", "updateTimelineShareData", "onMenuShareTimeline", "onMenuShareAppMessage", "onMenuShareQQ", "onMenuShareWeibo", "onMenuShareQZone"];
  const ASKING = ["scanQRCode", "chooseImage", "uploadImage", "getLocation", "openLocation", "previewImage", "closeWindow", "launchMiniProgram"];
  const NOTHING = ["hideOptionMenu", "showOptionMenu", "hideMenuItems", "showMenuItems", "hideAllNonBaseMenuItem", "showAllNonBaseMenuItem", "startRecord", "stopRecord", "onVoiceRecordEnd", "playVoice", "pauseVoice", "stopVoice", "onVoicePlayEnd", "openAddress", "addCard", "chooseCard", "openCard", "openProductSpecificView", "chooseWXPay", "startSearchBeacons", "stopSearchBeacons"];
  const FREE = ["closeWindow", "checkJsApi"]; // work before and without wx.config, as people rely on

  const end = (name, given, result) => {
    const { success, fail, cancel, complete } = given ?? {};
    const word = result.failed ? `fail ${result.failed}` : result.cancelled ? "cancel" : "ok";
    const answer = { ...result, errMsg: `${name}:${word}` };
    delete answer.failed; delete answer.cancelled;
    if (debug) alert(JSON.stringify(answer));
    (result.failed ? fail : result.cancelled ? cancel : success)?.(answer);
    complete?.(answer);
  };

  async function run(name, given = {}) {
    if (!FREE.includes(name)) {
      if (!outcome?.ok) return end(name, given, { failed: "config is not ready" });
      if (!allowed.includes(name)) return end(name, given, { failed: "the permission value is offline verifying" });
    }
    const args = Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value !== "function"));
    if (SHARING.includes(name)) return end(name, name.startsWith("on") ? {} : given, await phone.call("share", args));
    if (ASKING.includes(name)) return end(name, given, await phone.call(name, { ...args, appId }));
    return end(name, given, {});
  }

  const wx = {
    async config(given) {
      ({ appId, debug = false } = given);
      allowed = given.jsApiList ?? [];
      const { errMsg } = await phone.config(given).catch(() => ({ errMsg: "config:fail" }));
      outcome = { ok: errMsg === "config:ok", errMsg };
      if (debug) alert(JSON.stringify({ errMsg }));
      for (const each of (outcome.ok ? ready : failed).splice(0)) each({ errMsg });
    },
    ready(call) { if (outcome?.ok) call({ errMsg: outcome.errMsg }); else ready.push(call); },
    error(call) { if (outcome && !outcome.ok) call({ errMsg: outcome.errMsg }); else failed.push(call); },
    checkJsApi(given) {
      const known = [...SHARING, ...ASKING, ...NOTHING, "getNetworkType", "getLocalImgData", "downloadImage"];
      end("checkJsApi", given, { checkResult: Object.fromEntries((given.jsApiList ?? []).map((name) => [name, known.includes(name)])) });
    },
    getNetworkType: (given) => end("getNetworkType", given, { networkType: "wifi" }),
    getLocalImgData: (given) => end("getLocalImgData", given, { localData: given.localId }),
    downloadImage: (given) => end("downloadImage", given, { localId: "" }),
    miniProgram: { getEnv: (call) => call({ miniprogram: false }), navigateTo: (given) => phone.call("launchMiniProgram", { path: given?.url }) },
  };
  for (const name of [...SHARING, ...ASKING, ...NOTHING]) wx[name] = (given) => run(name, given);
  window.wx = window.jWeixin = wx;
})();
