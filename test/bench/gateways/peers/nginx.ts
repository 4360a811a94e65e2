// nginx as a plain proxy with kept connections: it verifies nothing and reads nothing.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chatRoute, type Gateway, run } from "./gateway.ts";

export const nginx: Gateway = {
  name: "nginx",
  kind: "proxy",
  async install() {
    if (!Bun.which("nginx")) throw new Error("no nginx here (apt-get install nginx)");
  },
  async start(place) {
    const file = join(place.folder, "nginx.conf");
    writeFileSync(file, configuration(place.port, place.upstream));
    const { pid, stop } = run(place, ["nginx", "-p", place.folder, "-c", file, "-e", "error.log"]);
    return { pid, stop, route: chatRoute(place.port) };
  },
};

const configuration = (port: number, upstream: number) => `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 1000000000;
  upstream model { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
