/** The generated messages, by one name: nothing else imports from `gen/`. */
export * from "./gen/ml_metadata/proto/metadata_store_pb.ts";
export * from "./gen/ml_metadata/proto/metadata_store_service_pb.ts";
