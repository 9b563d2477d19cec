# What only building needs (vite, its native parts) stays in the first stage.
FROM node:24-slim AS dashboard
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY shared shared
COPY server server
COPY client client
RUN npx vite build --config client/dashboard/vite.config.ts

FROM node:24-slim
# Here the image is the Node, and Postgres and Redis are other containers: none of the optional packages is wanted.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 AIRSIDE_DATA_DIR=/var/lib/airside
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund --loglevel=error && npm cache clean --force \
  && install --directory --mode=0700 --owner=node --group=node "$AIRSIDE_DATA_DIR"
COPY shared shared
COPY migrations migrations
COPY server server
COPY --from=dashboard /app/dist dist
# The code stays root's: the process that runs it cannot change it.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=64", "--no-allocation-site-pretenuring", "server/main.ts"]
