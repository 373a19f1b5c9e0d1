import Foundation
import Testing

/// What can be checked of the Dockerfile without an engine.
struct ContainerTests {
    @Test func `the image is built from every folder that the manifest names`() {
        let dockerfile = File(path: "Dockerfile").lines
        let ignored = File(path: ".dockerignore").lines
        let named = File(path: "Package.swift").text
            .matches(of: /path: "(\w+)\//).map { $0.output.1 }

        for folder in Set(named + ["Sources"]) {
            #expect(dockerfile.contains("COPY \(folder) \(folder)"))
            #expect(!ignored.contains(folder))
        }
    }
}
