# The server with its embedded PostgreSQL and the web UI. Build: docker build --tag muster .
# docs/operations.md describes how to run it, and what of this was tested.

FROM node:24-bookworm-slim AS build
WORKDIR /opt/muster
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build \
    && find dist -name '*.map' -delete \
    && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    MUSTER_HOST=0.0.0.0 \
    MUSTER_DATA_DIR=/data
WORKDIR /opt/muster
COPY --from=build /opt/muster/package.json /opt/muster/LICENSE ./
COPY --from=build /opt/muster/node_modules ./node_modules
COPY --from=build /opt/muster/bin ./bin
COPY --from=build /opt/muster/scripts ./scripts
COPY --from=build /opt/muster/src/db/migrations ./src/db/migrations
COPY --from=build /opt/muster/dist ./dist
RUN ln -s /opt/muster/bin/muster.js /usr/local/bin/muster \
    && install --directory --owner=1000 --group=1000 --mode=0700 /data
# The account node of the base image, as a number: Kubernetes compares numbers only.
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "/opt/muster/scripts/healthcheck.js"]
# Not through npm, which passes no signal on.
ENTRYPOINT ["node", "--max-semi-space-size=64", "/opt/muster/bin/muster.js"]
CMD ["serve"]
