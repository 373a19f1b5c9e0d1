import Telemetry

/// The type of `Processor.measurements`, for processors, which do not import Telemetry.
package typealias ProcessorMeasurement = Measurement
