import Glibc

/// What an output file needs of the folder it is in.
struct Folder {
    let path: String

    init(of filePath: String) {
        guard let slash = filePath.lastIndex(of: "/") else {
            path = "."
            return
        }
        path = slash == filePath.startIndex ? "/" : String(filePath[..<slash])
    }

    static func fileName(of filePath: String) -> String {
        guard let slash = filePath.lastIndex(of: "/") else { return filePath }
        return String(filePath[filePath.index(after: slash)...])
    }

    func pathOf(_ name: String) -> String {
        path == "/" ? "/\(name)" : "\(path)/\(name)"
    }

    /// Makes the folder and its parents; those that exist are left as they are.
    func create(permissions: mode_t) throws(FileError) {
        var partial = path.hasPrefix("/") ? "/" : ""
        for name in path.split(separator: "/") {
            partial += partial.isEmpty || partial == "/" ? "\(name)" : "/\(name)"
            if mkdir(partial, permissions) != 0, errno != EEXIST {
                throw FileError(partial, .makeDirectory)
            }
        }
    }

    /// The names in it, or none if it cannot be read.
    func names() -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    /// Makes names given or taken in it survive a loss of power, as far as the file system can.
    func sync() {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
