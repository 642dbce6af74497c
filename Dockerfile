FROM debian:12 AS build
WORKDIR /src
COPY . .
RUN ./dev build && strip build/release/bin/crawlspoold build/release/bin/crawlspool

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      libdeflate0 libfmt9 libsimdjson14 libspdlog1.10 libsystemd0 libuv1 libyaml-cpp0.7 libzstd1 zlib1g libmd0 \
      libmount1 libprometheus-cpp-core1.0 libssl3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 940 --user-group --no-create-home --home-dir /var/spool/crawlspool \
      --shell /usr/sbin/nologin crawlspool \
 && install -d -o crawlspool -g crawlspool -m 0750 /var/spool/crawlspool
COPY --from=build /src/build/release/bin/crawlspoold /src/build/release/bin/crawlspool /usr/bin/
COPY config/crawlspoold.yaml /etc/crawlspool/

# By number, for runtimes that want to see that it is not root's.
USER 940:940
VOLUME /var/spool/crawlspool
EXPOSE 8940 8941
# TERM drains: what was read is stored and acked first. Give it more time than timeouts.drain.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/usr/bin/crawlspool", "status"]

# Nothing but the volume is written to: the root may be read-only (docker run --read-only).
# A container's loopback is its own, so stream and HTTP listen on all its addresses; the admin port stays inside.
# Further arguments of `docker run` are the daemon's; a --set there wins over these.
ENTRYPOINT ["/usr/bin/crawlspoold", \
            "--set", "listen.stream=[\"tcp://0.0.0.0:8940\"]", \
            "--set", "listen.http=[\"tcp://0.0.0.0:8941\"]"]
