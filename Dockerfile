# Builds martlet and puts it, alone, into a small image. The steps are the Makefile's commands.
#
#   make image && docker run --rm -p 127.0.0.1:4318:4318 martlet

FROM swift:6.3-bookworm AS build
WORKDIR /martlet
COPY scripts scripts
RUN apt-get update -q && apt-get install -q -y make && scripts/install-packages build
COPY Makefile Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
RUN make release

FROM debian:bookworm-slim
COPY --from=build /martlet/scripts /tmp/scripts
RUN /tmp/scripts/install-packages run && rm -rf /tmp/scripts /var/lib/apt/lists/* \
    && useradd --system --uid 10318 --home-dir /var/lib/martlet --create-home martlet
COPY --from=build /martlet/.build/release/martlet /usr/bin/martlet
COPY config/container.yaml /etc/martlet/martlet.yaml
USER martlet
WORKDIR /var/lib/martlet
EXPOSE 4318
HEALTHCHECK --interval=10s --timeout=2s --start-period=2s CMD ["/usr/bin/martlet", "health"]
ENTRYPOINT ["/usr/bin/martlet"]
CMD ["--config", "/etc/martlet/martlet.yaml"]
