# One image for every RadTriage process; the command names which (docker-compose.yml).
# The GPU variant: --build-arg BASE=nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04 --build-arg GPU=1
ARG BASE=debian:bookworm-slim

FROM node:24.11.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24.11.1-bookworm-slim AS node

FROM ${BASE} AS runtime
ARG GPU=0
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/services ./services
COPY --from=build /app/queue ./queue
COPY --from=build /app/models ./models
COPY --from=build /app/test-data ./test-data
COPY --from=build /app/viewer/dist ./viewer/dist
# ONNX Runtime's GPU libraries are not in the npm package: they come from Microsoft.ML.OnnxRuntime.Gpu.Linux 1.30.0.
RUN if [ "$GPU" = 1 ]; then \
      apt-get update && apt-get install -y --no-install-recommends curl unzip ca-certificates && \
      curl -fsSL -o /tmp/ort.zip https://www.nuget.org/api/v2/package/Microsoft.ML.OnnxRuntime.Gpu.Linux/1.30.0 && \
      unzip -j -o /tmp/ort.zip 'runtimes/linux-x64/native/*.so' -d node_modules/onnxruntime-node/bin/napi-v6/linux/x64 && \
      rm -rf /tmp/ort.zip /var/lib/apt/lists/*; \
    fi
RUN groupadd --gid 10001 radtriage && useradd --uid 10001 --gid 10001 --no-create-home radtriage && \
    mkdir -p /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
ENV NODE_ENV=production RADTRIAGE_DATA=/data
ENTRYPOINT ["node", "bin/radtriage.mjs"]
CMD ["--help"]
