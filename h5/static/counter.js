// The counter's camera: WeChat scans, and what it read is sent as if it had been typed.
import { ready } from "./sdk.js";

async function begin() {
  const place = document.querySelector("[data-sdk]");
  const button = document.querySelector("[data-scan]");
  if (!place || !button) return;
  const wx = await ready(["scanQRCode"], place.dataset);
  if (!wx) return;
  button.hidden = false;
  button.addEventListener("click", () => wx.scanQRCode({
    needResult: 1,
    scanType: ["qrCode", "barCode"],
    success: ({ resultStr }) => {
      const form = button.form;
      // Bar codes come with their kind before them: CODE_128,1234.
      form.elements.code.value = resultStr.replace(/^[A-Z0-9_]+,/, "");
      form.requestSubmit();
    },
  }));
}

begin().catch(() => {});
