// The peer of Node: co-wechat's documented middleware under koa, an account a path, the question said back.
// node co_wechat.cjs <port> <token> <encodingAESKey> <AppID of plain> <AppID of safe>
const Koa = require("koa");
const wechat = require("co-wechat");

const [port, token, encodingAESKey, plain, safe] = process.argv.slice(2);
const echo = async (message) => message.Content;
const accounts = {
  "/wechat/plain": wechat({ token, appid: plain, encodingAESKey }).middleware(echo),
  "/wechat/safe": wechat({ token, appid: safe, encodingAESKey }).middleware(echo),
};

const app = new Koa();
app.use((context, next) => (accounts[context.path] || next)(context, next));
app.listen(Number(port), "127.0.0.1");
