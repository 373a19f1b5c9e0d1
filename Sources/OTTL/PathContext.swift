/// The kinds of things that an expression is about, each with paths of its own. (OTTL: contexts)
package enum PathContext: String, CaseIterable, Sendable {
    case resource, scope, span, spanevent, metric, datapoint, log
}

extension PathContext {
    /// What surrounds it, from the inside out: its paths may be used, too.
    package var parents: [PathContext] {
        switch self {
        case .resource: []
        case .scope: [.resource]
        case .span, .metric, .log: [.scope, .resource]
        case .spanevent: [.span, .scope, .resource]
        case .datapoint: [.metric, .scope, .resource]
        }
    }

    /// A context by the name in front of a path. `instrumentation_scope` is another one of `scope`.
    init?(prefix: String) {
        if prefix == "instrumentation_scope" {
            self = .scope
        } else {
            self.init(rawValue: prefix)
        }
    }

    /// The one of several that inference picks has the lowest number.
    var inferenceRank: Int {
        switch self {
        case .log: 0
        case .datapoint: 1
        case .metric: 2
        case .spanevent: 3
        case .span: 4
        case .scope: 5
        case .resource: 6
        }
    }
}
